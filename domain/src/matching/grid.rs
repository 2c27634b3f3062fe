//! A uniform grid of moving points. A cell keeps its points in blocks of two cache lines; a point that moves within its
//! cell is overwritten in place, one that leaves it is moved: nothing is ever rebuilt.

use crate::geo::PlanePoint;

const BLOCK_POINTS: usize = 10;
const NONE: u32 = u32::MAX;
/// More cells would only cost memory.
const CELLS_MAX: i64 = 1 << 20;

/// Some points of a cell. All blocks of a cell are full but the open one: the second of the chain, or the only one.
#[derive(Debug, Clone, Copy)]
#[repr(align(128))]
struct Block {
    x: [i32; BLOCK_POINTS],
    y: [i32; BLOCK_POINTS],
    slots: [u32; BLOCK_POINTS],
    length: u32,
    next: u32,
}

const EMPTY_BLOCK: Block = Block {
    x: [0; BLOCK_POINTS],
    y: [0; BLOCK_POINTS],
    slots: [0; BLOCK_POINTS],
    length: 0,
    next: NONE,
};

/// Where a point is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    block: u32,
    index: u32,
}

/// Takes what a search finds.
pub(super) trait Finder {
    /// The largest squared distance that is still of interest; it may fall from one ring to the next.
    fn reach_squared(&self) -> i64;
    /// A point within reach.
    fn found(&mut self, squared_distance: i64, slot: u32);
    /// Every point nearer than the next ring of cells was shown.
    fn ring_ended(&mut self);
}

#[derive(Debug, Clone)]
pub(super) struct Grid {
    /// The first blocks of the cells, row by row from the south-west; then the further ones.
    blocks: Vec<Block>,
    /// One bit a cell: whether any point is in it.
    occupied: Vec<u64>,
    cell_size: i32,
    columns: i32,
    rows: i32,
    /// A chain of further blocks that no cell uses.
    spare: u32,
    length: usize,
}

impl Grid {
    /// For points from (0, 0) to `extent`, with about as many cells as `cells`.
    pub(super) fn new(extent: PlanePoint, cells: usize) -> Self {
        let wanted = i64::try_from(cells).unwrap_or(CELLS_MAX).clamp(1, CELLS_MAX);
        let (width, height) = (i64::from(extent.x()) + 1, i64::from(extent.y()) + 1);
        let size = (width * height / wanted).isqrt().max(1);
        // A narrow strip would get more cells than wanted.
        let size = size.max(width / CELLS_MAX + 1).max(height / CELLS_MAX + 1);
        let (columns, rows) = ((width - 1) / size + 1, (height - 1) / size + 1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most the extent of a plane, which is i32 and not negative"
        )]
        Self {
            blocks: vec![EMPTY_BLOCK; (columns * rows) as usize],
            occupied: vec![0; (columns * rows) as usize / 64 + 1],
            cell_size: size as i32,
            columns: columns as i32,
            rows: rows as i32,
            spare: NONE,
            length: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.length
    }

    #[expect(
        clippy::cast_sign_loss,
        reason = "columns and rows of points in the plane are not negative"
    )]
    fn cell_of(&self, point: PlanePoint) -> u32 {
        let column = (point.x() as u32 / self.cell_size as u32).min(self.columns as u32 - 1);
        let row = (point.y() as u32 / self.cell_size as u32).min(self.rows as u32 - 1);
        row * self.columns as u32 + column
    }

    /// Adds a point and says where it is kept.
    pub(super) fn insert(&mut self, point: PlanePoint, slot: u32) -> Spot {
        let cell = self.cell_of(point);
        self.occupied[cell as usize / 64] |= 1 << (cell % 64);
        self.length += 1;
        let mut open = self.open_block(cell);
        if self.blocks[open as usize].length as usize == BLOCK_POINTS {
            open = self.add_block(cell);
        }
        let block = &mut self.blocks[open as usize];
        let index = block.length;
        block.x[index as usize] = point.x();
        block.y[index as usize] = point.y();
        block.slots[index as usize] = slot;
        block.length += 1;
        Spot { block: open, index }
    }

    /// Takes out the point that is kept at `spot` and was at `point`. The cell's last point takes the spot: its slot is given
    /// back so that its owner can be told, unless it is the one taken out.
    pub(super) fn remove(&mut self, point: PlanePoint, spot: Spot) -> Option<u32> {
        let cell = self.cell_of(point);
        self.length -= 1;
        let open = self.open_block(cell);
        let block = &mut self.blocks[open as usize];
        block.length -= 1;
        let last = block.length as usize;
        let (x, y, moved) = (block.x[last], block.y[last], block.slots[last]);
        let emptied = last == 0;
        let hole = &mut self.blocks[spot.block as usize];
        let index = spot.index as usize;
        (hole.x[index], hole.y[index], hole.slots[index]) = (x, y, moved);
        if emptied && open == cell {
            self.occupied[cell as usize / 64] &= !(1 << (cell % 64));
        } else if emptied {
            self.drop_block(cell, open);
        }
        (open != spot.block || last != index).then_some(moved)
    }

    /// Moves a point within its cell; `false`, and nothing done, where it would leave it.
    pub(super) fn slide(&mut self, from: PlanePoint, to: PlanePoint, spot: Spot) -> bool {
        if self.cell_of(from) != self.cell_of(to) {
            return false;
        }
        let block = &mut self.blocks[spot.block as usize];
        block.x[spot.index as usize] = to.x();
        block.y[spot.index as usize] = to.y();
        true
    }

    fn open_block(&self, cell: u32) -> u32 {
        match self.blocks[cell as usize].next {
            NONE => cell,
            second => second,
        }
    }

    fn add_block(&mut self, cell: u32) -> u32 {
        let fresh = if self.spare == NONE {
            self.blocks.push(EMPTY_BLOCK);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "no more blocks than drivers and cells"
            )]
            let fresh = (self.blocks.len() - 1) as u32;
            fresh
        } else {
            let spare = self.spare;
            self.spare = self.blocks[spare as usize].next;
            spare
        };
        self.blocks[fresh as usize].next = self.blocks[cell as usize].next;
        self.blocks[cell as usize].next = fresh;
        fresh
    }

    fn drop_block(&mut self, cell: u32, block: u32) {
        self.blocks[cell as usize].next = self.blocks[block as usize].next;
        self.blocks[block as usize].next = self.spare;
        self.spare = block;
    }

    /// Shows `finder` every point within its reach of `centre`.
    pub(super) fn search(&self, centre: PlanePoint, finder: &mut impl Finder) {
        if self.length == 0 {
            return;
        }
        // Where few cells are taken, going through those beats going through rings of empty ones.
        let few = self.length.saturating_mul(self.length) <= self.occupied.len() * 64;
        if few {
            self.search_occupied(centre, finder);
        } else {
            self.search_rings(centre, finder);
        }
    }

    fn search_occupied(&self, centre: PlanePoint, finder: &mut impl Finder) {
        for (word, cells) in (0..).zip(&self.occupied) {
            let mut cells = *cells;
            while cells != 0 {
                #[expect(clippy::cast_possible_wrap, reason = "below 64")]
                let cell = word * 64 + cells.trailing_zeros() as i32;
                cells &= cells - 1;
                let (row, column) = (cell / self.columns, cell % self.columns);
                self.search_cells(row, column..=column, centre, finder);
            }
        }
        finder.ring_ended();
    }

    /// In rings of cells outwards, until the next one is out of reach.
    fn search_rings(&self, centre: PlanePoint, finder: &mut impl Finder) {
        let size = self.cell_size;
        let column = (centre.x() / size).min(self.columns - 1);
        let row = (centre.y() / size).min(self.rows - 1);
        let rings = column
            .max(self.columns - 1 - column)
            .max(row)
            .max(self.rows - 1 - row);
        // From the centre to the four sides of its cell.
        let (west, south) = (
            i64::from(centre.x() - column * size),
            i64::from(centre.y() - row * size),
        );
        let (east, north) = (i64::from(size) - west, i64::from(size) - south);
        self.search_cells(row, column..=column, centre, finder);
        for ring in 1..=rings {
            let gap = i64::from(ring - 1) * i64::from(size);
            let within = |side: i64| (side + gap).max(0).pow(2) <= finder.reach_squared();
            let sides = [within(south), within(north), within(west), within(east)];
            if !sides.contains(&true) {
                return;
            }
            let span = (column - ring).max(0)..=(column + ring).min(self.columns - 1);
            let (below, above) = (row - ring, row + ring);
            if sides[0] && below >= 0 {
                self.search_cells(below, span.clone(), centre, finder);
            }
            if sides[1] && above < self.rows {
                self.search_cells(above, span, centre, finder);
            }
            let (left, right) = (column - ring, column + ring);
            for row in (below + 1).max(0)..above.min(self.rows) {
                if sides[2] && left >= 0 {
                    self.search_cells(row, left..=left, centre, finder);
                }
                if sides[3] && right < self.columns {
                    self.search_cells(row, right..=right, centre, finder);
                }
            }
            finder.ring_ended();
        }
    }

    fn search_cells(
        &self,
        row: i32,
        columns: std::ops::RangeInclusive<i32>,
        centre: PlanePoint,
        finder: &mut impl Finder,
    ) {
        let reach_squared = finder.reach_squared();
        let across = gap(centre.y(), row, self.cell_size).pow(2);
        for column in columns {
            #[expect(clippy::cast_sign_loss, reason = "the caller stays within the grid")]
            let cell = (row * self.columns + column) as u32;
            let is_empty = self.occupied[cell as usize / 64] & 1 << (cell % 64) == 0;
            if is_empty || gap(centre.x(), column, self.cell_size).pow(2) + across > reach_squared {
                continue;
            }
            let mut next = cell;
            while next != NONE {
                let block = &self.blocks[next as usize];
                let distances = block.squared_distances(centre);
                let length = (block.length as usize).min(BLOCK_POINTS);
                for (squared, slot) in distances.iter().zip(&block.slots).take(length) {
                    if *squared <= reach_squared {
                        finder.found(*squared, *slot);
                    }
                }
                next = block.next;
            }
        }
    }
}

impl Block {
    /// Of all places of the block, taken or not: a loop without a branch, which the compiler makes vectors of.
    #[expect(
        clippy::cast_possible_wrap,
        reason = "the square of a plane's diagonal is below 2^55"
    )]
    fn squared_distances(&self, centre: PlanePoint) -> [i64; BLOCK_POINTS] {
        let mut squared = [0; BLOCK_POINTS];
        for (squared, (x, y)) in squared.iter_mut().zip(self.x.iter().zip(&self.y)) {
            let (x, y) = (
                u64::from(x.abs_diff(centre.x())),
                u64::from(y.abs_diff(centre.y())),
            );
            *squared = (x * x + y * y) as i64;
        }
        squared
    }
}

/// How far a coordinate is from a column or row of cells at least.
fn gap(coordinate: i32, cell: i32, cell_size: i32) -> i64 {
    let (first, size) = (i64::from(cell) * i64::from(cell_size), i64::from(cell_size));
    let coordinate = i64::from(coordinate);
    (first - coordinate).max(coordinate - (first + size - 1)).max(0)
}
