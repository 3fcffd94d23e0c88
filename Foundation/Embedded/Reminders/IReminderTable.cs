namespace Orleans;

/// <summary>The store of reminders; registered in the container.</summary>
public interface IReminderTable
{
    /// <summary>Prepares the store.</summary>
    /// <param name="cancellationToken">Cancelled when starting is abandoned.</param>
    /// <returns>A task that ends when the store can be used.</returns>
    Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>The reminders of a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <returns>The reminders.</returns>
    Task<ReminderTableData> ReadRows(GrainId grainId);

    /// <summary>The reminders of the grains whose <see cref="GrainId.GetUniformHashCode"/> lies in a range of the ring.</summary>
    /// <param name="begin">The range begins after this.</param>
    /// <param name="end">The range ends with this. A range whose end is not larger than its begin wraps around; equal bounds are the whole ring.</param>
    /// <returns>The reminders.</returns>
    Task<ReminderTableData> ReadRows(uint begin, uint end);

    /// <summary>One reminder of a grain.</summary>
    /// <param name="grainId">The grain.</param>
    /// <param name="reminderName">The name.</param>
    /// <returns>The reminder; null when there is none.</returns>
    Task<ReminderEntry> ReadRow(GrainId grainId, string reminderName);

    /// <summary>Adds or replaces a reminder; durable when the task ends.</summary>
    /// <param name="entry">The reminder.</param>
    /// <returns>Its new etag.</returns>
    Task<string> UpsertRow(ReminderEntry entry);

    /// <summary>Removes a reminder; durable when the task ends.</summary>
    /// <param name="grainId">The grain.</param>
    /// <param name="reminderName">The name.</param>
    /// <param name="eTag">The etag it was read with.</param>
    /// <returns>False when it is not there with that etag.</returns>
    Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag);

    /// <summary>Removes every reminder; for tests.</summary>
    /// <returns>A task that ends when they are removed.</returns>
    Task TestOnlyClearTable();

    /// <summary>Ends the use of the store.</summary>
    /// <param name="cancellationToken">Cancelled when stopping must be quick.</param>
    /// <returns>A task that ends when the store is no longer used.</returns>
    Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
}
