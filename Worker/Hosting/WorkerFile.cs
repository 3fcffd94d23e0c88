using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using OrleansFlow.Errors;
using OrleansFlow.Hosting;

namespace OrleansFlow.Worker.Hosting;

/// <summary>
/// The settings of a worker as one JSON object with snake_case keys, with environment variables and overrides over it: later ones win. Becomes
/// configuration of section <c>OrleansFlow:Worker</c>, whose ranges are checked when the host starts.
/// </summary>
public static class WorkerFile
{
    /// <summary>What the name of an environment variable begins with; the key follows in capitals: <c>FLOW_WORKER_LEASE_TTL_SEC</c>.</summary>
    public const string EnvironmentPrefix = "FLOW_WORKER_";

    /// <summary>Longest file, in bytes.</summary>
    private const long FileBytesMax = 1024 * 1024;

    /// <summary>Adds the settings to a host's configuration.</summary>
    /// <param name="configuration">The host's configuration.</param>
    /// <param name="path">The file; null for none.</param>
    /// <param name="overrides"><c>key=value</c> texts, which win over file and environment; null for none.</param>
    /// <returns>The same configuration.</returns>
    /// <exception cref="FlowException">
    /// <c>bad_option</c> with every problem: a key is unknown (the nearest one is named) or was replaced, a value has another form, the file cannot be read.
    /// </exception>
    public static IConfigurationBuilder AddFlowWorkerFile(this IConfigurationBuilder configuration, string? path, IEnumerable<string>? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value));
        return configuration.AddInMemoryCollection(Read(path, environment, overrides ?? []));
    }

    /// <summary>Reads and checks the settings.</summary>
    /// <param name="path">The file; null for none.</param>
    /// <param name="environment">Variables; those without the prefix are not looked at.</param>
    /// <param name="overrides"><c>key=value</c> texts.</param>
    /// <returns>Configuration keys and values.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>, as above.</exception>
    public static IReadOnlyDictionary<string, string?> Read(
        string? path, IEnumerable<KeyValuePair<string, string?>> environment, IEnumerable<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(overrides);
        var settings = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        var problems = new List<FlowProblem>();
        if (path is not null)
        {
            ReadFile(path, settings, problems);
        }

        foreach (var (name, value) in environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            {
                SetText(name, name[EnvironmentPrefix.Length..].ToLowerInvariant(), value ?? "", settings, problems);
            }
        }

        foreach (var text in overrides)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                Note(problems, text, $"'{text}' is not key=value.");
                continue;
            }

            SetText($"--set {text[..equals]}", text[..equals], text[(equals + 1)..], settings, problems);
        }

        return problems.Count == 0
            ? settings
            : throw new FlowException(
                FlowErrorCode.BadOption, $"The worker's settings have {problems.Count} faults: {string.Join(" ", problems.Select(problem => $"{problem.Path}: {problem.Message}"))}", problems);
    }

    private static void ReadFile(string path, SortedDictionary<string, string?> settings, List<FlowProblem> problems)
    {
        try
        {
            if (new FileInfo(path).Length > FileBytesMax)
            {
                Note(problems, path, $"the file is longer than {FileBytesMax} bytes.");
                return;
            }

            using var document = JsonDocument.Parse(
                File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                Note(problems, path, "the file must be one JSON object.");
                return;
            }

            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (Resolve(member.Name, member.Name, problems) is { } key && member.Value.ValueKind != JsonValueKind.Null)
                {
                    SetJson(member.Name, key, member.Value, settings, problems);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            Note(problems, path, exception.Message);
        }
    }

    private static (string Path, WorkerKeyKind Kind)? Resolve(string place, string key, List<FlowProblem> problems)
    {
        if (WorkerKeys.Find(key) is { } found)
        {
            return found;
        }

        Note(problems, place, WorkerKeys.WhyReplaced(key) is { } why
            ? $"'{key}' is no key any more; {why}."
            : $"'{key}' is not a key of a worker.{NearestName.Hint(key, WorkerKeys.Names.Concat(WorkerKeys.ReplacedNames))}");
        return null;
    }

    private static void SetText(string place, string key, string text, SortedDictionary<string, string?> settings, List<FlowProblem> problems)
    {
        if (Resolve(place, key, problems) is not { } found)
        {
            return;
        }

        switch (found.Kind)
        {
            case WorkerKeyKind.Texts:
                SetList(found.Path, text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), settings);
                break;
            case WorkerKeyKind.Map:
                SetMap(place, found.Path, text, settings, problems);
                break;
            default:
                SetScalar(place, found, text, settings, problems);
                break;
        }
    }

    private static void SetMap(string place, string path, string text, SortedDictionary<string, string?> settings, List<FlowProblem> problems)
    {
        Clear(path, settings);
        foreach (var pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                settings[$"{path}:{pair[..equals]}"] = pair[(equals + 1)..];
            }
            else
            {
                Note(problems, place, $"'{pair}' is not name=value.");
            }
        }
    }

    private static void SetJson(
        string place, (string Path, WorkerKeyKind Kind) key, JsonElement value, SortedDictionary<string, string?> settings, List<FlowProblem> problems)
    {
        switch (key.Kind, value.ValueKind)
        {
            case (WorkerKeyKind.Texts, JsonValueKind.Array) when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                SetList(key.Path, value.EnumerateArray().Select(item => item.GetString()!), settings);
                break;
            case (WorkerKeyKind.Map, JsonValueKind.Object) when value.EnumerateObject().All(member => member.Value.ValueKind == JsonValueKind.String):
                Clear(key.Path, settings);
                foreach (var member in value.EnumerateObject())
                {
                    settings[$"{key.Path}:{member.Name}"] = member.Value.GetString();
                }

                break;
            case (WorkerKeyKind.Text, JsonValueKind.String):
                settings[key.Path] = value.GetString();
                break;
            case (WorkerKeyKind.Flag, JsonValueKind.True or JsonValueKind.False):
            case (WorkerKeyKind.Number or WorkerKeyKind.Seconds or WorkerKeyKind.Milliseconds, JsonValueKind.Number):
                SetScalar(place, key, value.GetRawText(), settings, problems);
                break;
            default:
                Note(problems, place, $"{Shown(value.GetRawText())} is not {Form(key.Kind)}.");
                break;
        }
    }

    private static void SetScalar(
        string place, (string Path, WorkerKeyKind Kind) key, string text, SortedDictionary<string, string?> settings, List<FlowProblem> problems)
    {
        var value = key.Kind switch
        {
            WorkerKeyKind.Text => text,
            WorkerKeyKind.Flag when bool.TryParse(text, out var flag) => flag ? "true" : "false",
            WorkerKeyKind.Number when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
                number.ToString(CultureInfo.InvariantCulture),
            WorkerKeyKind.Seconds => Time(text, TimeSpan.TicksPerSecond),
            WorkerKeyKind.Milliseconds => Time(text, TimeSpan.TicksPerMillisecond),
            _ => null,
        };
        if (value is null)
        {
            Note(problems, place, $"{Shown(text)} is not {Form(key.Kind)}.");
        }
        else
        {
            settings[key.Path] = value;
        }
    }

    private static string? Time(string text, long ticksPerUnit) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number * ticksPerUnit) < long.MaxValue
            ? TimeSpan.FromTicks((long)(number * ticksPerUnit)).ToString("c", CultureInfo.InvariantCulture)
            : null;

    private static void SetList(string path, IEnumerable<string> texts, SortedDictionary<string, string?> settings)
    {
        Clear(path, settings);
        foreach (var (index, text) in texts.Index())
        {
            settings[string.Create(CultureInfo.InvariantCulture, $"{path}:{index}")] = text;
        }
    }

    /// <summary>A list or map replaces the one that it wins over; it is not mixed with it.</summary>
    private static void Clear(string path, SortedDictionary<string, string?> settings)
    {
        foreach (var key in settings.Keys.Where(key => key.StartsWith(path + ":", StringComparison.Ordinal)).ToList())
        {
            settings.Remove(key);
        }
    }

    private static string Form(WorkerKeyKind kind) => kind switch
    {
        WorkerKeyKind.Number => "a whole number",
        WorkerKeyKind.Seconds => "a number of seconds",
        WorkerKeyKind.Milliseconds => "a number of milliseconds",
        WorkerKeyKind.Flag => "true or false",
        WorkerKeyKind.Texts => "a list of texts",
        WorkerKeyKind.Map => "an object of texts",
        _ => "a text",
    };

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private static void Note(List<FlowProblem> problems, string place, string message) => problems.Add(new FlowProblem("bad_option", place, message));
}
