namespace OrleansFlow.Workflows;

/// <summary>Which workflows are known, in which versions. One grain; key <see cref="Key"/>.</summary>
[Alias("OrleansFlow.IWorkflowCatalogGrain")]
public interface IWorkflowCatalogGrain : IGrainWithStringKey
{
    /// <summary>The key of the one grain.</summary>
    const string Key = "workflows";

    /// <summary>A version was registered. Durable before it returns; repeating it is fine.</summary>
    [Alias("Record")]
    Task RecordAsync(string workflow, int version, CancellationToken cancellationToken);

    /// <summary>The highest version of a workflow; 0 when none is known.</summary>
    [Alias("Newest")]
    Task<int> NewestAsync(string workflow, CancellationToken cancellationToken);

    /// <summary>Every workflow by name, with its versions, the lowest first.</summary>
    [Alias("List")]
    Task<IReadOnlyList<WorkflowVersions>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Tells, at first and then whenever one is registered, how many versions are known. What comes meanwhile is told once.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    [Alias("Watch")]
    IAsyncEnumerable<int> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>The versions of a workflow that are known.</summary>
/// <param name="Workflow">Its name.</param>
/// <param name="Versions">The versions, the lowest first.</param>
[GenerateSerializer, Immutable, Alias("OrleansFlow.WorkflowVersions")]
public sealed record WorkflowVersions([property: Id(0)] string Workflow, [property: Id(1)] IReadOnlyList<int> Versions);
