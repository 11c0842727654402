//! Threads for work on buffers, one per processor, for all drives together: generating key
//! streams and comparing with them. So the threads that wait for drives only wait.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

type Work = Box<dyn FnOnce() + Send>;

/// Has something done on one of the threads.
pub(super) fn run(work: impl FnOnce() + Send + 'static) {
    static POOL: OnceLock<Sender<Work>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let receiver = Arc::clone(&receiver);
            std::thread::spawn(move || serve(&receiver));
        }
        sender
    });
    if let Err(mpsc::SendError(work)) = pool.send(Box::new(work)) {
        // No thread is left: then it is done here.
        work();
    }
}

fn serve(pool: &Mutex<Receiver<Work>>) {
    loop {
        let work = pool.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match work {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}
