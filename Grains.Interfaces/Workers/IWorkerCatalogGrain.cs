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

    /// <summary>Remembers input adapters that a worker has; durable before it returns. The newest schema of a name counts; 1 000 names are kept.</summary>
    [Alias("RecordAdapters")]
    Task RecordAdaptersAsync(IReadOnlyDictionary<string, string> adapters, CancellationToken cancellationToken);

    /// <summary>The remembered input adapters: name to schema, as JSON.</summary>
    [Alias("ListAdapters")]
    Task<IReadOnlyDictionary<string, string>> ListAdaptersAsync(CancellationToken cancellationToken);
}
