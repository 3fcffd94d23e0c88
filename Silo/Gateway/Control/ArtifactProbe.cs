using System.Globalization;
using OrleansFlow.Silo.Hosting;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Whether artifacts can be written, and how much room is left for them.</summary>
internal sealed class ArtifactProbe(GatewayIdentity identity, IIdSource ids)
{
    // Below this a handful of batches fills the disk, and the store with it.
    private const long FreeBytesMin = 256L * 1024 * 1024;

    public Wire.HealthCheck Check()
    {
        var folder = identity.ArtifactFolder;
        try
        {
            Directory.CreateDirectory(folder);
            var file = Path.Combine(folder, $".probe-{ids.NewId()}");
            File.WriteAllText(file, "probe");
            File.Delete(file);
            var freeBytes = new DriveInfo(folder).AvailableFreeSpace;
            var detail = string.Create(CultureInfo.InvariantCulture, $"'{folder}' is writable, {freeBytes / (1024 * 1024)} MiB free");
            return freeBytes >= FreeBytesMin
                ? new Wire.HealthCheck { Name = "artifacts", Healthy = true, Detail = detail }
                : new Wire.HealthCheck { Name = "artifacts", Detail = detail, Remedy = $"Make room: below {FreeBytesMin / (1024 * 1024)} MiB work may fail at any batch." };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Wire.HealthCheck
            {
                Name = "artifacts",
                Detail = $"'{folder}' cannot be written: {exception.Message}",
                Remedy = "Give this process the right to write there, or choose another data folder (--data).",
            };
        }
    }
}
