"""Work that ends: Jobs, the CronJobs that start them, and what is cleared away after them."""
