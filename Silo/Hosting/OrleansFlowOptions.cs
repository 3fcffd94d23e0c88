namespace OrleansFlow.Silo.Hosting;

/// <summary>Where a silo keeps what it must not forget. Read once, while the silo is composed.</summary>
public sealed class OrleansFlowOptions
{
    /// <summary>Folder of the silo's store, cluster key, artifacts and uploads; made when missing. Only one silo can own it.</summary>
    /// <value>Default null: everything is kept in memory or in a temporary folder and ends with the process.</value>
    public string? DataFolder { get; set; }

    /// <summary>Folder of the shared artifact store: every worker and silo must see it under the same path.</summary>
    /// <value>Default: <c>artifacts</c> in the data folder, or a temporary folder of the cluster.</value>
    public string? ArtifactFolder { get; set; }

    /// <summary>File of the cluster key (ECDSA P-256, PEM); made when missing. Silos of one cluster share it.</summary>
    /// <value>Default: <c>cluster.key</c> in the data folder; without one, a key that ends with the process.</value>
    public string? ClusterKeyPath { get; set; }
}
