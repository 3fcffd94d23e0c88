namespace OrleansFlow.Storage.Admin;

/// <summary>One stored grain state.</summary>
/// <param name="Grain">Text of the grain's id.</param>
/// <param name="Name">Name of the state.</param>
/// <param name="Version">Its version, which is its etag; 1 or higher.</param>
/// <param name="Payload">What is stored: JSON, if it is not damaged.</param>
public sealed record StoredRow(string Grain, string Name, long Version, string Payload);

/// <summary>One stored reminder.</summary>
/// <param name="Grain">Text of the grain's id.</param>
/// <param name="Name">Name of the reminder.</param>
/// <param name="Hash">Place of the grain on the ring.</param>
/// <param name="StartTicks">When it ticks first: ticks, UTC.</param>
/// <param name="PeriodTicks">Ticks between two of its ticks.</param>
/// <param name="ETag">Its etag.</param>
public sealed record StoredReminder(string Grain, string Name, long Hash, long StartTicks, long PeriodTicks, string ETag);
