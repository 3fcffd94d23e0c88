namespace OrleansFlow.Retention;

/// <summary>Deletes what is kept no longer (<see cref="RetentionOptions"/>), in bounded steps. Key: <see cref="Key"/>; woken by its reminder.</summary>
[Alias("OrleansFlow.IRetentionGrain")]
public interface IRetentionGrain : IGrainWithStringKey
{
    /// <summary>The one key.</summary>
    const string Key = "all";

    /// <summary>Makes sure that the reminder is there.</summary>
    [Alias("Start")]
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>One sweep now; what the limit of a sweep leaves goes with the next one.</summary>
    [Alias("Sweep")]
    Task<RetentionReport> SweepAsync(CancellationToken cancellationToken);
}

/// <summary>What one sweep did.</summary>
/// <param name="DeletedRuns">Runs that were deleted.</param>
/// <param name="FailedRuns">Runs that could not be deleted now; the next sweep tries again.</param>
/// <param name="DeletedTasks">Standalone tasks that were deleted.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.RetentionReport")]
public sealed record RetentionReport([property: Id(0)] int DeletedRuns, [property: Id(1)] int FailedRuns, [property: Id(2)] long DeletedTasks);
