//! VMs that probe together, by what they hold in shared data.
