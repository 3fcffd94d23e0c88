namespace OrleansFlow.Silo.Hosting;

/// <summary>What a silo's gateway is and where its files lie; the same for the life of the process.</summary>
/// <param name="ClusterId">Tells two data folders apart.</param>
/// <param name="DataFolder">Absolute path of the silo's own folder.</param>
/// <param name="ArtifactFolder">Absolute path of the shared artifact store.</param>
/// <param name="UploadFolder">Absolute path of what clients uploaded.</param>
internal sealed record GatewayIdentity(string ClusterId, string DataFolder, string ArtifactFolder, string UploadFolder) : IDisposable
{
    /// <summary>Runs once, when the silo's services go: deletes what was temporary.</summary>
    public Action? OnDispose { private get; init; }

    /// <summary>Version of this code, as in health and logs.</summary>
    public static string Version { get; } = typeof(GatewayIdentity).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public void Dispose() => OnDispose?.Invoke();
}
