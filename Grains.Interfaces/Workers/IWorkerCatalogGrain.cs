using OrleansFlow.Tasks;

namespace OrleansFlow.Workers;

/// <summary>Which workers have registered. Key: <see cref="Key"/>.</summary>
[Alias("OrleansFlow.IWorkerCatalogGrain")]
public interface IWorkerCatalogGrain : IGrainWithStringKey
{
    /// <summary>The one key.</summary>
    const string Key = "all";

    /// <summary>Remembers a worker; durable before it returns. The 1 000 newest are kept.</summary>
    [Alias("Record")]
    Task RecordAsync(WorkerId worker, CancellationToken cancellationToken);

    /// <summary>The remembered workers, newest first.</summary>
    [Alias("List")]
    Task<IReadOnlyList<WorkerId>> ListAsync(CancellationToken cancellationToken);
}
