namespace OrleansFlow.Worker.Data;

/// <summary>What serves a worker's data, as its session sees it.</summary>
internal interface IWorkerDataEndpoint
{
    /// <summary>The address to register; empty when none is served. Known before the first registration.</summary>
    string Address { get; }

    /// <summary>The gateway has taken the worker in.</summary>
    /// <param name="verificationKeys">Public keys of the cluster, base64.</param>
    /// <param name="artifactRoot">Root of the artifact store.</param>
    void OnRegistered(IReadOnlyList<string> verificationKeys, string artifactRoot);
}
