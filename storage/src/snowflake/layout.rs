//! The bits of an id (storage.md §13.1): 41 of time, 2 of data center, 10 of worker, 10 of sequence.

use super::SnowflakeError;

/// The moment from which an id counts its milliseconds: 2014-12-31T16:00:00Z, in milliseconds since 1970.
pub const EPOCH_MS: i64 = 1_420_041_600_000;

/// The largest sequence inside one millisecond.
pub(super) const MAX_SEQUENCE: u16 = 1023;
/// The largest time that 41 bits hold.
pub(super) const MAX_ELAPSED_MS: i64 = (1 << 41) - 1;

const MAX_DATA_CENTER: u32 = 3;
const MAX_WORKER: u32 = 1023;

/// Who draws an id: a worker of a data center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkerId {
    data_center: u8,
    worker: u16,
}

impl WorkerId {
    /// A worker from 0 to 1023 of a data center from 0 to 3.
    pub fn new(data_center: u32, worker: u32) -> Result<Self, SnowflakeError> {
        if data_center > MAX_DATA_CENTER {
            return Err(SnowflakeError::DataCenterOutOfRange { data_center });
        }
        if worker > MAX_WORKER {
            return Err(SnowflakeError::WorkerOutOfRange { worker });
        }
        Ok(Self { data_center: data_center as u8, worker: worker as u16 })
    }

    /// The data center.
    pub const fn data_center(self) -> u8 {
        self.data_center
    }

    /// The worker.
    pub const fn worker(self) -> u16 {
        self.worker
    }
}

/// What an id is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnowflakeParts {
    /// Milliseconds since [`EPOCH_MS`].
    pub elapsed_ms: i64,
    /// Who drew it.
    pub worker: WorkerId,
    /// Its place inside the millisecond.
    pub sequence: u16,
}

impl SnowflakeParts {
    /// The id.
    pub const fn id(self) -> i64 {
        self.elapsed_ms << 22 | (self.worker.data_center as i64) << 20 | (self.worker.worker as i64) << 10 | self.sequence as i64
    }

    /// The parts of an id.
    pub const fn of(id: i64) -> Self {
        let worker = WorkerId { data_center: (id >> 20 & 0x3) as u8, worker: (id >> 10 & 0x3ff) as u16 };
        Self { elapsed_ms: id >> 22, worker, sequence: (id & 0x3ff) as u16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_lie_as_in_the_vectors() {
        for (unix_ms, data_center, worker, sequence, id) in [
            (1_700_000_000_000, 0, 0, 0, 1_174_230_636_953_600_000),
            (1_700_000_000_000, 3, 1023, 1023, 1_174_230_636_957_794_303),
            (1_700_000_000_001, 1, 17, 5, 1_174_230_636_958_860_293),
        ] {
            let parts = SnowflakeParts { elapsed_ms: unix_ms - EPOCH_MS, worker: WorkerId::new(data_center, worker).unwrap(), sequence };
            assert_eq!(parts.id(), id);
            assert_eq!(SnowflakeParts::of(id), parts);
        }
    }

    #[test]
    fn refuses_what_has_no_bits() {
        assert_eq!(WorkerId::new(4, 0), Err(SnowflakeError::DataCenterOutOfRange { data_center: 4 }));
        assert_eq!(WorkerId::new(0, 1024), Err(SnowflakeError::WorkerOutOfRange { worker: 1024 }));
    }
}
