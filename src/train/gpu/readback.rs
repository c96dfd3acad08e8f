//! Bringing buffers back to the host. Natively the device is waited for; on the web its callback wakes the task.

use super::device::{Gpu, Health};
use crate::train::DeviceLost;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

/// A part of a buffer, in bytes.
pub struct Source<'a> {
    pub buffer: &'a wgpu::Buffer,
    pub start: u64,
    pub bytes: u64,
}

impl<'a> Source<'a> {
    /// The first `n` elements of four bytes.
    pub fn first(buffer: &'a wgpu::Buffer, n: usize) -> Self {
        Self {
            buffer,
            start: 0,
            bytes: 4 * n as u64,
        }
    }
}

/// Copies the sources as they are after all work submitted so far; element type as the caller knows it.
pub async fn read<T: bytemuck::Pod>(
    gpu: &Gpu,
    sources: &[Source<'_>],
) -> Result<Vec<Vec<T>>, DeviceLost> {
    gpu.health.check()?;
    let mut copies = gpu.device.create_command_encoder(&Default::default());
    let staging: Vec<_> = sources
        .iter()
        .map(|source| {
            let to = gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("readback"),
                size: source.bytes.max(4),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            if source.bytes > 0 {
                copies.copy_buffer_to_buffer(source.buffer, source.start, &to, 0, source.bytes);
            }
            to
        })
        .collect();
    gpu.queue.submit([copies.finish()]);
    map(gpu, &staging).await?;
    sources
        .iter()
        .zip(&staging)
        .map(|(source, buffer)| {
            let view = buffer.slice(..).get_mapped_range();
            let view = view.map_err(|e| DeviceLost(e.to_string()))?;
            Ok(bytemuck::pod_collect_to_vec(&view[..source.bytes as usize]))
        })
        .collect()
}

/// Maps all buffers for reading; answers when the last is there, or the device is gone.
async fn map(gpu: &Gpu, buffers: &[wgpu::Buffer]) -> Result<(), DeviceLost> {
    let progress = Arc::new(Mutex::new(Progress {
        left: buffers.len(),
        ..Default::default()
    }));
    for buffer in buffers {
        let progress = Arc::clone(&progress);
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            let waker = {
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                progress.left -= 1;
                progress.failed |= result.is_err();
                progress.waker.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        });
    }
    // On the web this does nothing: callbacks come from the event loop.
    if let Err(error) = gpu.device.poll(wgpu::PollType::wait_indefinitely()) {
        gpu.health.report(error.to_string());
    }
    poll_fn(|context| progress_of(&gpu.health, &progress, context.waker())).await
}

#[derive(Default)]
struct Progress {
    left: usize,
    failed: bool,
    waker: Option<Waker>,
}

fn progress_of(
    health: &Health,
    progress: &Mutex<Progress>,
    waker: &Waker,
) -> Poll<Result<(), DeviceLost>> {
    health.wake_on_loss(waker);
    if let Err(lost) = health.check() {
        return Poll::Ready(Err(lost));
    }
    let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
    if progress.failed {
        let reason = "a readback was refused".to_owned();
        health.report(reason.clone());
        return Poll::Ready(Err(DeviceLost(reason)));
    }
    if progress.left == 0 {
        return Poll::Ready(Ok(()));
    }
    progress.waker = Some(waker.clone());
    Poll::Pending
}
