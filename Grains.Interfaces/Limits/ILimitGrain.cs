namespace OrleansFlow.Limits;

/// <summary>
/// A limit on the tasks in hand over several queues: who may have how many. Key: <c>all</c> for the limit of all tasks, <c>key/NAME</c> for that of
/// a key.
/// </summary>
/// <remarks>
/// Stored is only who ever held a part. After a restart the grain asks each of them what it holds, and gives nothing until all have answered.
/// </remarks>
[Alias("OrleansFlow.ILimitGrain")]
public interface ILimitGrain : IGrainWithStringKey
{
    /// <summary>A queue says what it holds and wants. A report that is not newer than its last one changes nothing, so repeating it is fine.</summary>
    /// <param name="queue">Key of the queue.</param>
    /// <param name="report">What it says.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What it may hold. When others wait for more, or there is more for it, it is told by <see cref="Workers.IRoleQueueGrain.TellLimitAsync"/>.</returns>
    [Alias("Report")]
    Task<LimitGrant> ReportAsync(string queue, LimitReport report, CancellationToken cancellationToken);
}
