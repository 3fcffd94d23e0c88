namespace OrleansFlow.Jobs;

/// <summary>Names of one kind that streaming jobs need to find each other. Key: <see cref="Jobs"/> or <see cref="Workers"/>. Durable.</summary>
[Alias("OrleansFlow.IJobDirectoryGrain")]
public interface IJobDirectoryGrain : IGrainWithStringKey
{
    /// <summary>Key of the list of jobs.</summary>
    const string Jobs = "jobs";

    /// <summary>Key of the list of workers that run jobs.</summary>
    const string Workers = "workers";

    /// <summary>Most names of a list; beyond it the oldest leave it.</summary>
    const int NamesMax = 10_000;

    /// <summary>Puts a name on the list, unless it is there. Durable before it returns.</summary>
    [Alias("Record")]
    Task RecordAsync(string name, CancellationToken cancellationToken);

    /// <summary>Takes a name from the list. One that is not there is fine.</summary>
    [Alias("Remove")]
    Task RemoveAsync(string name, CancellationToken cancellationToken);

    /// <summary>The names, newest first.</summary>
    [Alias("List")]
    Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);
}
