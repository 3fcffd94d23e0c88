using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Cli.Commands.Workflows;

/// <summary>Reads what is given about workflows on the command line, with the mistake named.</summary>
internal static class WorkflowText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static RunId Run(string text) => IdText.IsValid(text)
        ? new RunId(text)
        : throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is not the id of a workflow run. 'flow workflow list' lists them.");

    /// <summary><c>NAME@VERSION</c>.</summary>
    public static (string Name, int Version) Workflow(string text) =>
        text.Split('@') is [var name, var number] && IdText.IsValid(name) && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
            ? (name, version)
            : throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is not NAME@VERSION, for example order@1.");

    /// <summary>JSON, or <c>@FILE</c>; no value for null.</summary>
    public static async Task<Payload> PayloadAsync(string? text, string option, CancellationToken cancellationToken)
    {
        if (text is null)
        {
            return default;
        }

        var utf8 = text.StartsWith('@') ? await ReadAsync(text[1..], cancellationToken) : Encoding.UTF8.GetBytes(text);
        try
        {
            using var _ = JsonDocument.Parse(utf8);
            return new Payload(utf8);
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{option} is no JSON: {exception.Message} Texts need quotes: '\"text\"'.", exception);
        }
    }

    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"File '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary><c>NAME=VALUE</c> each; null for none.</summary>
    public static Dictionary<string, string>? Attributes(string[]? texts)
    {
        if (texts is not { Length: > 0 })
        {
            return null;
        }

        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            attributes[equals > 0 ? text[..equals] : throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is not NAME=VALUE.")] = text[(equals + 1)..];
        }

        return attributes;
    }

    /// <summary>A number and its unit.</summary>
    public static TimeSpan Time(string text, string option)
    {
        var unit = text.EndsWith("ms", StringComparison.Ordinal) ? "ms" : text[^Math.Min(1, text.Length)..];
        double? ms = unit switch { "ms" => 1, "s" => 1_000, "m" => 60_000, "h" => 3_600_000, "d" => 86_400_000, _ => null };
        return ms is { } factor && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * factor is > 0 and < 315_360_000_000
            ? TimeSpan.FromMilliseconds(count * factor)
            : throw new FlowException(FlowErrorCode.BadInput, $"{option} '{text}' is no time: write a number and its unit, as 500ms, 10s, 2m, 1h or 3d.");
    }

    /// <summary>A moment in ISO 8601; without an offset it is UTC.</summary>
    public static DateTimeOffset Moment(string text, string option) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)
            ? moment
            : throw new FlowException(FlowErrorCode.BadInput, $"{option} '{text}' is no time: write it as 2026-05-01T06:00:00Z.");

    /// <summary>JSON with line breaks.</summary>
    public static string Pretty(Payload payload)
    {
        using var document = JsonDocument.Parse(payload.Utf8);
        return JsonSerializer.Serialize(document.RootElement, Indented);
    }
}
