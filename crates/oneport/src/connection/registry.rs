//! The open connections by client address, and the limits on their number: at a limit a new connection is accepted, and the
//! one that has been idle the longest is closed.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{activity::Activity, close_reason::CloseReason, limits::Limits};

/// The prefix that counts as one address of IPv6: networks assign a /64 to each of their clients.
const IPV6_PREFIX: u32 = 64;

/// The open connections. Its lock is taken when a connection is accepted or closed, never for a request.
#[derive(Debug)]
pub(crate) struct Registry {
    limits: Limits,
    open: Mutex<Open>,
    /// A permit for each connection with a file descriptor, including those that are being closed.
    permits: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Open {
    by_client: HashMap<IpAddr, Vec<Arc<Activity>>>,
    count: usize,
    /// Connections that are being closed in favour of newer ones, the oldest first.
    closing: VecDeque<Arc<Activity>>,
}

impl Registry {
    pub(crate) fn new(limits: &Limits) -> Self {
        let permits = Semaphore::new(limits.connections + limits.max_closing());
        Self { limits: *limits, open: Mutex::default(), permits: Arc::new(permits) }
    }

    /// Registers a connection from `address`; at a limit, another one is closed in its favour.
    ///
    /// Where more than [`Limits::max_closing`] are being closed, the first of them is aborted, and this waits until it is.
    pub(crate) async fn register(self: &Arc<Self>, address: IpAddr) -> Registration {
        let mut registration = self.insert(client_prefix(address));
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        registration.permit = Some(permit.expect("the semaphore is never closed"));
        registration
    }

    fn insert(self: &Arc<Self>, client: IpAddr) -> Registration {
        let activity = Arc::new(Activity::new());
        let mut open = self.lock();
        let of_client = |open: &Open| open.by_client.get(&client).map_or(0, Vec::len);
        while of_client(&open) >= self.limits.connections_per_address
            && self.evict(&mut open, Some(client), CloseReason::AddressLimit)
        {}
        while open.count >= self.limits.connections
            && self.evict(&mut open, None, CloseReason::ConnectionLimit)
        {}
        open.by_client.entry(client).or_default().push(Arc::clone(&activity));
        open.count += 1;
        Registration { registry: Arc::clone(self), client, activity, permit: None }
    }

    /// Closes one connection, as when the process is out of file descriptors.
    pub(crate) fn evict_one(&self) {
        self.evict(&mut self.lock(), None, CloseReason::ConnectionLimit);
    }

    /// Closes the first connection in the order of eviction, of one client or of all. Scans all candidates, at a limit alone:
    /// some 50 microseconds for 10,000, a small part of the cost of a TLS handshake.
    ///
    /// Returns whether there was one.
    fn evict(&self, open: &mut Open, client: Option<IpAddr>, reason: CloseReason) -> bool {
        let clients = open.by_client.iter().filter(|(key, _)| client.is_none_or(|client| client == **key));
        let all = clients.flat_map(|(key, activities)| activities.iter().map(|activity| (*key, activity)));
        let Some((key, activity)) = all.min_by_key(|(_, activity)| activity.eviction_order()) else {
            return false;
        };
        let activity = Arc::clone(activity);
        open.remove(key, &activity);
        activity.close(reason);
        open.closing.push_back(activity);
        if open.closing.len() > self.limits.max_closing()
            && let Some(oldest) = open.closing.pop_front()
        {
            oldest.abort();
        }
        true
    }

    /// Closes all connections, for a shutdown.
    pub(crate) fn close_all(&self) {
        self.lock().all().for_each(|activity| activity.close(CloseReason::Shutdown));
    }

    /// The number of requests in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        self.lock().all().map(|activity| u64::from(activity.in_flight())).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn all(&self) -> impl Iterator<Item = &Arc<Activity>> {
        self.by_client.values().flatten().chain(&self.closing)
    }

    fn remove(&mut self, client: IpAddr, activity: &Arc<Activity>) {
        let is_same = |other: &Arc<Activity>| Arc::ptr_eq(other, activity);
        if let Some(of_client) = self.by_client.get_mut(&client)
            && let Some(index) = of_client.iter().position(is_same)
        {
            of_client.swap_remove(index);
            self.count -= 1;
            if of_client.is_empty() {
                self.by_client.remove(&client);
            }
        } else {
            self.closing.retain(|other| !is_same(other));
        }
    }
}

/// A connection that counts towards the limits until this is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    registry: Arc<Registry>,
    client: IpAddr,
    activity: Arc<Activity>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Registration {
    pub(crate) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.lock().remove(self.client, &self.activity);
    }
}

/// The part of an address that identifies a client: all of IPv4, [`IPV6_PREFIX`] bits of IPv6.
fn client_prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (u128::BITS - IPV6_PREFIX))).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_one_ipv4_address_or_64_bits_of_ipv6() {
        let client = |text: &str| client_prefix(text.parse().unwrap()).to_string();
        assert_eq!(client("192.0.2.7"), "192.0.2.7");
        assert_eq!(client("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(client("2001:db8:1:2:8003:4:5:6"), "2001:db8:1:2::");
        assert_eq!(client("2001:db8:1:3:3:4:5:6"), "2001:db8:1:3::");
    }
}
