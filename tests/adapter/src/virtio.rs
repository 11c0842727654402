//! The adapter as virtio describes it ("SCSI Host Device"), over vhost-user: from the guest's
//! queues to the drives, and back.

use std::io::{Error, Read, Result, Write};
use std::sync::{Arc, Mutex, PoisonError};

use vhost::vhost_user::message::{VhostUserProtocolFeatures, VhostUserVirtioFeatures};
use vhost_user_backend::{VhostUserBackend, VringRwLock, VringT};
use virtio_bindings::bindings::virtio_config::VIRTIO_F_VERSION_1;
use virtio_bindings::bindings::virtio_ring::VIRTIO_RING_F_INDIRECT_DESC;
use virtio_bindings::bindings::virtio_scsi::{
    VIRTIO_SCSI_CDB_DEFAULT_SIZE, VIRTIO_SCSI_F_CHANGE, VIRTIO_SCSI_F_HOTPLUG,
    VIRTIO_SCSI_S_BAD_TARGET, VIRTIO_SCSI_S_OK, VIRTIO_SCSI_SENSE_DEFAULT_SIZE,
};
use virtio_queue::{QueueOwnedT, Reader, Writer};
use vm_memory::{GuestAddressSpace, GuestMemoryAtomic, GuestMemoryMmap};
use vmm_sys_util::epoll::EventSet;
use vmm_sys_util::event::{
    EventConsumer, EventFlag, EventNotifier, new_event_consumer_and_notifier,
};

use crate::{Drives, Reply};

type Memory = GuestMemoryAtomic<GuestMemoryMmap>;

/// The queues before those for commands: task management and events. A guest uses them when it
/// resets a unit, or one is plugged in; here nothing takes so long, and all are there.
const OTHER_QUEUES: u16 = 2;

/// The header of a command: the unit, a tag, three bytes of attributes, and the CDB.
const HEADER: usize = 8 + 8 + 3;
const CDB: usize = VIRTIO_SCSI_CDB_DEFAULT_SIZE as usize;
const SENSE: usize = VIRTIO_SCSI_SENSE_DEFAULT_SIZE as usize;
/// The header of a response, with room for sense data.
const RESPONSE: usize = 4 + 4 + 2 + 1 + 1 + SENSE;

#[derive(Clone)]
pub struct Adapter {
    drives: Arc<Mutex<Drives>>,
    memory: Arc<Mutex<Memory>>,
}

impl Adapter {
    pub fn new(memory: Memory, drives: Drives) -> Self {
        Self { drives: Arc::new(Mutex::new(drives)), memory: Arc::new(Mutex::new(memory)) }
    }

    /// Serves one command; how many bytes were written to the guest.
    fn serve(&self, from: &mut Reader<'_>, to: &mut Writer<'_>) -> Result<u32> {
        let mut header = [0; HEADER + CDB];
        from.read_exact(&mut header)?;
        let mut out = Vec::new();
        from.read_to_end(&mut out)?;
        let (unit, cdb) = (header[..4].to_vec(), &header[HEADER..]);
        // Single level: a 1, the target, and the unit's number, which is 0 on a drive.
        let mut drives = self.drives.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = match *unit {
            [1, target, high, 0] if high & 0x3f == 0 => drives.command(target, own(cdb), &out)?,
            _ => None,
        };
        let room = to.available_bytes().saturating_sub(RESPONSE);
        let Some(Reply { status, mut sense, mut data }) = reply else {
            let mut response = [0; RESPONSE];
            response[11] = VIRTIO_SCSI_S_BAD_TARGET as u8;
            to.write_all(&response)?;
            return Ok(RESPONSE as u32);
        };
        data.truncate(room);
        let mut response = Vec::new();
        sense.truncate(SENSE);
        response.extend((sense.len() as u32).to_le_bytes());
        response.extend(((room - data.len()) as u32).to_le_bytes());
        response.extend([0, 0, status, VIRTIO_SCSI_S_OK as u8]);
        sense.resize(SENSE, 0);
        response.extend(sense);
        to.write_all(&response)?;
        to.write_all(&data)?;
        Ok((RESPONSE + data.len()) as u32)
    }
}

/// The CDB without what fills its field: its first byte tells how long it is.
fn own(cdb: &[u8]) -> &[u8] {
    let bytes = match cdb[0] >> 5 {
        0 => 6,
        1 | 2 => 10,
        4 => 16,
        5 => 12,
        _ => CDB,
    };
    &cdb[..bytes]
}

impl VhostUserBackend for Adapter {
    type Bitmap = ();
    type Vring = VringRwLock;

    fn num_queues(&self) -> usize {
        usize::from(OTHER_QUEUES) + 1
    }

    fn max_queue_size(&self) -> usize {
        1024
    }

    /// A guest's driver acknowledges the last two whether or not they are offered.
    fn features(&self) -> u64 {
        1 << VIRTIO_F_VERSION_1
            | 1 << VIRTIO_RING_F_INDIRECT_DESC
            | 1 << VIRTIO_SCSI_F_HOTPLUG
            | 1 << VIRTIO_SCSI_F_CHANGE
            | VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits()
    }

    fn protocol_features(&self) -> VhostUserProtocolFeatures {
        VhostUserProtocolFeatures::MQ
    }

    fn set_event_idx(&self, _enabled: bool) {}

    /// Without one the daemon waits for its threads for ever.
    fn exit_event(&self, _: usize) -> Option<(EventConsumer, EventNotifier)> {
        new_event_consumer_and_notifier(EventFlag::NONBLOCK).ok()
    }

    fn update_memory(&self, memory: Memory) -> Result<()> {
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = memory;
        Ok(())
    }

    fn handle_event(
        &self,
        event: u16,
        _: EventSet,
        vrings: &[VringRwLock],
        _: usize,
    ) -> Result<()> {
        if event < OTHER_QUEUES {
            return Ok(());
        }
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner).memory();
        let mut vring = vrings[usize::from(event)].get_mut();
        let chains: Vec<_> =
            vring.get_queue_mut().iter(memory.clone()).map_err(Error::other)?.collect();
        for chain in chains {
            let head = chain.head_index();
            let mut from = chain.clone().reader(&memory).map_err(Error::other)?;
            let mut to = chain.writer(&memory).map_err(Error::other)?;
            let written = self.serve(&mut from, &mut to)?;
            vring.add_used(head, written).map_err(Error::other)?;
        }
        vring.signal_used_queue()
    }
}
