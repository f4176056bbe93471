//! The open connections by their clients' addresses, and the limits on them: at a limit a new connection is served, and
//! the one that has been idle the longest is closed. Independent of what connections carry.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    activity::{Activity, CloseReason},
    limits::Limits,
};

/// Where a client of IPv6 gets its addresses from: it has a whole /64, so that is what counts as one address.
const IPV6_PREFIX: u32 = 64;

/// All open connections. Its lock is taken when a connection begins or ends, never for a request.
#[derive(Debug)]
pub(crate) struct Registry {
    limits: Limits,
    open: Mutex<Open>,
    /// A permit for each connection that has a descriptor, those that are being closed included.
    descriptors: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Open {
    by_client: HashMap<IpAddr, Vec<Arc<Activity>>>,
    count: usize,
    /// Those that were told to close for newer ones, the oldest first.
    closing: VecDeque<Arc<Activity>>,
}

impl Registry {
    pub(crate) fn new(limits: &Limits) -> Self {
        let descriptors = Semaphore::new(limits.connections.max(1) + limits.closing());
        Self { limits: *limits, open: Mutex::default(), descriptors: Arc::new(descriptors) }
    }

    /// Takes a connection from `address` in; at a limit another one is closed for it.
    ///
    /// Where more are being closed than [`Limits::closing`], waits until the first of them has ended, which it is made to.
    pub(crate) async fn admit(self: &Arc<Self>, address: IpAddr) -> Admitted {
        let mut admitted = self.register(client_of(address));
        let permit = Arc::clone(&self.descriptors).acquire_owned().await.expect("it is never closed");
        admitted.descriptor = Some(permit);
        admitted
    }

    fn register(self: &Arc<Self>, client: IpAddr) -> Admitted {
        let activity = Arc::new(Activity::new());
        let mut open = self.lock();
        let of_client = |open: &Open| open.by_client.get(&client).map_or(0, Vec::len);
        while of_client(&open) >= self.limits.connections_per_address.max(1) {
            self.close_one(&mut open, Some(client), CloseReason::AddressLimit);
        }
        while open.count >= self.limits.connections.max(1) {
            self.close_one(&mut open, None, CloseReason::ConnectionLimit);
        }
        open.by_client.entry(client).or_default().push(Arc::clone(&activity));
        open.count += 1;
        Admitted { registry: Arc::clone(self), client, activity, descriptor: None }
    }

    /// Closes one connection, as when the system is out of descriptors.
    pub(crate) fn make_room(&self) {
        self.close_one(&mut self.lock(), None, CloseReason::ConnectionLimit);
    }

    /// Closes the connection that can be missed best, of one client or of all. Reads all candidates, at a limit only:
    /// some 50 microseconds for 10,000, a small part of what a TLS handshake costs.
    fn close_one(&self, open: &mut Open, client: Option<IpAddr>, reason: CloseReason) {
        let candidates = open.by_client.iter().filter(|(of, _)| client.is_none_or(|client| client == **of));
        let all = candidates.flat_map(|(of, activities)| activities.iter().map(|activity| (*of, activity)));
        let Some((of, activity)) = all.min_by_key(|(_, activity)| activity.precedence()) else { return };
        let activity = Arc::clone(activity);
        open.remove(of, &activity);
        activity.close(reason);
        open.closing.push_back(activity);
        if open.closing.len() > self.limits.closing()
            && let Some(oldest) = open.closing.pop_front()
        {
            oldest.cut();
        }
    }

    /// Has all connections close.
    pub(crate) fn close_all(&self) {
        self.lock().all().for_each(|activity| activity.close(CloseReason::Shutdown));
    }

    /// How many requests are in flight.
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
        let is_it = |other: &Arc<Activity>| Arc::ptr_eq(other, activity);
        if let Some(of_client) = self.by_client.get_mut(&client)
            && let Some(index) = of_client.iter().position(is_it)
        {
            of_client.swap_remove(index);
            self.count -= 1;
            if of_client.is_empty() {
                self.by_client.remove(&client);
            }
        } else {
            self.closing.retain(|other| !is_it(other));
        }
    }
}

/// A connection that counts towards the limits until this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    registry: Arc<Registry>,
    client: IpAddr,
    activity: Arc<Activity>,
    descriptor: Option<OwnedSemaphorePermit>,
}

impl Admitted {
    pub(crate) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.registry.lock().remove(self.client, &self.activity);
    }
}

/// What counts as one address: that of IPv4, the /64 of IPv6.
fn client_of(address: IpAddr) -> IpAddr {
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
        let client = |text: &str| client_of(text.parse().unwrap()).to_string();
        assert_eq!(client("192.0.2.7"), "192.0.2.7");
        assert_eq!(client("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(client("2001:db8:1:2:8003:4:5:6"), "2001:db8:1:2::");
        assert_eq!(client("2001:db8:1:3:3:4:5:6"), "2001:db8:1:3::");
    }
}
