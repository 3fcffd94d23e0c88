using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansFlow.Errors;

namespace OrleansFlow.Hosting;

/// <summary>What a silo writes into its data folder so that commands and workers on this machine find it.</summary>
public sealed record EndpointsFile
{
    /// <summary>Name of the file within the data folder.</summary>
    public const string FileName = "endpoints.json";

    /// <summary>Id of the cluster, for telling two data folders apart.</summary>
    public required string ClusterId { get; init; }

    /// <summary>Address of the HTTP/2 listener (gRPC, Flight).</summary>
    public required string GrpcUrl { get; init; }

    /// <summary>Address of the HTTP/1.1 listener (health, API).</summary>
    public required string HttpUrl { get; init; }

    /// <summary>Token for calls to the gateway; null where none is needed.</summary>
    public string? Token { get; init; }

    /// <summary>Process that serves.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When it began to serve.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Writes the file whole or not at all, readable by its owner only (mode 600) because it holds a token.</summary>
    public void Write(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        var temporary = $"{path}.{ProcessId}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(file, this, EndpointsJson.Default.EndpointsFile);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads the file of a data folder; null when there is none.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: the file is not what it should be.</exception>
    public static EndpointsFile? Read(string dataFolder)
    {
        var path = Path.Combine(dataFolder, FileName);
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, EndpointsJson.Default.EndpointsFile);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{path}' cannot be read: {exception.Message}. Delete it and start the silo again.", exception);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(EndpointsFile))]
internal sealed partial class EndpointsJson : JsonSerializerContext;
