using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>What workers without a session said of themselves last. One grain; key <see cref="Key"/>.</summary>
/// <remarks>For people, and never to decide who may work; so it is kept in memory: after the loss of a silo a worker is known again with its next word.</remarks>
[Alias("OrleansFlow.IWorkflowHealthGrain")]
public interface IWorkflowHealthGrain : IGrainWithStringKey
{
    /// <summary>The key of the one grain.</summary>
    const string Key = "workers";

    /// <summary>A worker says how it is.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="health">JSON; the grain does not look into it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("Report")]
    Task ReportAsync(WorkerId worker, Payload health, CancellationToken cancellationToken);

    /// <summary>What each worker said last, by id.</summary>
    [Alias("List")]
    Task<IReadOnlyList<Payload>> ListAsync(CancellationToken cancellationToken);
}
