//! The device: asked for with the limits a problem needs, and its loss remembered.

use crate::train::DeviceLost;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

/// Why there is no GPU backend for a problem, in a sentence for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuUnavailable(pub String);

impl fmt::Display for GpuUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GpuUnavailable {}

/// A device and what became of it.
pub struct Gpu {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub adapter_name: String,
    pub health: Health,
}

/// The adapter that this machine or browser prefers for work.
pub async fn find_adapter() -> Result<wgpu::Adapter, GpuUnavailable> {
    let options =
        wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    let adapter = wgpu::Instance::default().request_adapter(&options).await;
    adapter.map_err(|_| GpuUnavailable(no_adapter()))
}

/// Whether the adapter computes on the CPU (lavapipe, SwiftShader).
pub fn is_software(adapter: &wgpu::Adapter) -> bool {
    adapter.get_info().device_type == wgpu::DeviceType::Cpu
}

impl Gpu {
    /// A device on which one buffer of `largest_buffer` bytes can be bound.
    pub async fn open(adapter: &wgpu::Adapter, largest_buffer: u64) -> Result<Self, GpuUnavailable> {
        let unavailable = |sentence: String| Err(GpuUnavailable(sentence));
        let there = adapter.limits();
        let mut limits = wgpu::Limits::default();
        for (what, need, there) in [
            ("bound in one buffer", &mut limits.max_storage_buffer_binding_size, there.max_storage_buffer_binding_size),
            ("held in one buffer", &mut limits.max_buffer_size, there.max_buffer_size),
        ] {
            if largest_buffer > there {
                return unavailable(format!(
                    "The model needs {} MiB {what}, and this GPU allows {} MiB.",
                    largest_buffer.div_ceil(1 << 20),
                    there >> 20
                ));
            }
            // Bindings are whole vec4s; an odd limit would refuse the last of them.
            *need = (*need).max(largest_buffer.next_multiple_of(16)).min(there);
        }
        let descriptor =
            wgpu::DeviceDescriptor { label: Some("sdl-explorer"), required_limits: limits, ..Default::default() };
        let (device, queue) = match adapter.request_device(&descriptor).await {
            Ok(both) => both,
            Err(error) => {
                // Browsers add a stack trace, which is nothing to show.
                let error = error.to_string();
                let first = error.lines().next().unwrap_or_default().trim_end_matches('.');
                return unavailable(format!("The GPU refused what WebGPU promises by default: {first}."));
            }
        };
        let health = Health::default();
        let listener = health.clone();
        device.set_device_lost_callback(move |reason, message| {
            let message = message.trim().trim_end_matches('.').to_owned();
            listener.report(if message.is_empty() { format!("{reason:?}").to_lowercase() } else { message });
        });
        let listener = health.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            listener.report(error.to_string());
        }));
        Ok(Self { device, queue, adapter_name: name(&adapter.get_info()), health })
    }
}

/// Whether the device still works; shared with the callbacks that hear of its end.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<Ailment>>);

#[derive(Default)]
struct Ailment {
    reason: Option<String>,
    /// Readbacks under way, which must not wait for a device that is gone.
    waiting: Vec<Waker>,
}

impl Health {
    pub fn check(&self) -> Result<(), DeviceLost> {
        match &self.lock().reason {
            Some(reason) => Err(DeviceLost(reason.clone())),
            None => Ok(()),
        }
    }

    /// Remembers the first reason: what follows follows from it.
    pub fn report(&self, reason: String) {
        let waiting = {
            let mut ailment = self.lock();
            ailment.reason.get_or_insert(reason);
            std::mem::take(&mut ailment.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Wakes this task when the device is lost.
    pub fn wake_on_loss(&self, waker: &Waker) {
        let waiting = &mut self.lock().waiting;
        waiting.retain(|w| !w.will_wake(waker));
        waiting.push(waker.clone());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ailment> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the page shows; browsers give as much of it as they like.
fn name(info: &wgpu::AdapterInfo) -> String {
    let parts = [info.name.as_str(), info.driver.as_str()];
    let known: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    match info.device_type {
        _ if !known.is_empty() => known.join(", "),
        wgpu::DeviceType::Cpu => "a software adapter".to_owned(),
        _ => "a GPU that the browser does not name".to_owned(),
    }
}

fn no_adapter() -> String {
    if cfg!(target_arch = "wasm32") {
        "This browser offers no WebGPU adapter here (WebGPU may be off, or the GPU not supported)."
    } else {
        "No Vulkan, Metal or Direct3D 12 adapter was found."
    }
    .to_owned()
}
