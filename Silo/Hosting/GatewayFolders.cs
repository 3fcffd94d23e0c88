using System.Security.Cryptography;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Lays out a silo's folders and names its cluster.</summary>
internal static class GatewayFolders
{
    private const string ArtifactsName = "artifacts";
    private const string UploadsName = "uploads";
    private const string ClusterIdFile = "cluster.id";

    // Silos of one test cluster share a folder; the last of them deletes it.
    private static readonly Lock TemporaryGate = new();
    private static readonly Dictionary<string, int> TemporaryUses = new(StringComparer.Ordinal);

    /// <summary>The layout of a silo.</summary>
    /// <param name="options">Where it keeps its data.</param>
    /// <param name="orleansClusterId">Name of its Orleans cluster: silos of one cluster without a data folder share a temporary one.</param>
    /// <exception cref="FlowException"><c>bad_option</c>: a folder cannot be made or its cluster id cannot be read.</exception>
    public static GatewayIdentity Open(OrleansFlowOptions options, string orleansClusterId)
    {
        try
        {
            if (options.DataFolder is { } given)
            {
                var data = Path.GetFullPath(given);
                Directory.CreateDirectory(data);
                return Lay(ReadOrMakeClusterId(data), data, options);
            }

            var name = IdText.IsValid(orleansClusterId) ? orleansClusterId : Fingerprint(orleansClusterId);
            var temporary = Path.Combine(Path.GetTempPath(), "orleansflow", $"{Environment.ProcessId}-{name}");
            lock (TemporaryGate)
            {
                Directory.CreateDirectory(temporary);
                TemporaryUses[temporary] = TemporaryUses.GetValueOrDefault(temporary) + 1;
            }

            return Lay(name, temporary, options) with { OnDispose = () => Leave(temporary) };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.BadOption, $"Data folder '{options.DataFolder}' cannot be used: {exception.Message} Choose another with --data.", exception);
        }
    }

    private static GatewayIdentity Lay(string clusterId, string data, OrleansFlowOptions options)
    {
        var artifacts = Path.GetFullPath(options.ArtifactFolder ?? Path.Combine(data, ArtifactsName));
        Directory.CreateDirectory(artifacts);
        return new GatewayIdentity(clusterId, data, artifacts, Path.Combine(data, UploadsName));
    }

    private static void Leave(string temporary)
    {
        lock (TemporaryGate)
        {
            if (--TemporaryUses[temporary] > 0)
            {
                return;
            }

            TemporaryUses.Remove(temporary);
            try
            {
                Directory.Delete(temporary, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A reader may still have a file open; the system clears its temporary folder in the end.
            }
        }
    }

    private static string ReadOrMakeClusterId(string data)
    {
        var path = Path.Combine(data, ClusterIdFile);
        if (!File.Exists(path))
        {
            var temporary = $"{path}.{Environment.ProcessId}.tmp";
            File.WriteAllText(temporary, "c-" + RandomNumberGenerator.GetHexString(12, lowercase: true));
            try
            {
                File.Move(temporary, path);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another silo was faster; its id counts.
                File.Delete(temporary);
            }
        }

        var id = File.ReadAllText(path).Trim();
        return IdText.IsValid(id)
            ? id
            : throw new FlowException(FlowErrorCode.BadOption, $"'{path}' holds no cluster id. Delete it to have a new one made.");
    }

    private static string Fingerprint(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
