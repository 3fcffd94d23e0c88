namespace Orleans;

/// <summary>A client of the cluster: makes grain references and gives access to its services.</summary>
public interface IClusterClient : IGrainFactory
{
    /// <summary>The services of the host this client lives in.</summary>
    IServiceProvider ServiceProvider { get; }
}
