namespace OrleansFlow.Storage;

/// <summary>
/// Reads several states of one grain at once. A storage of the project offers it beside Orleans' <c>IGrainStorage</c>; where it is missing, a grain
/// with several rows reads them one by one.
/// </summary>
public interface IGrainStorageRange
{
    /// <summary>The states of a grain whose names lie in a range, as of one moment.</summary>
    /// <param name="grain">Text of the grain's id.</param>
    /// <param name="from">First name of the range; ASCII, as all bounds and names that are read so: stores compare bytes.</param>
    /// <param name="before">First name after the range.</param>
    /// <param name="limit">Most states, of which the first are read; 1 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>In the order of their names; empty when there are none.</returns>
    /// <exception cref="Errors.FlowException"><c>store_unavailable</c>: trying again is safe.</exception>
    Task<IReadOnlyList<StoredGrainState>> ReadRangeAsync(string grain, string from, string before, int limit, CancellationToken cancellationToken);
}
