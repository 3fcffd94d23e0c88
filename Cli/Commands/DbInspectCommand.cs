using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow db inspect</c>: shows one grain's states as JSON, or lists those of many.</summary>
internal static class DbInspectCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var key = new Argument<string>("key")
        {
            Description = "Id of a grain as TYPE/KEY: its states as JSON. The beginning of one: a list.", DefaultValueFactory = _ => "",
        };
        var limit = new Option<int>("--limit") { Description = "Most states to list or show (1 to 10000).", DefaultValueFactory = _ => 50 };
        limit.Validators.Add(result =>
        {
            // A value that is no number has its own error already.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var value) && (value is < 1 or > 10_000))
            {
                result.AddError("--limit must be 1 to 10000.");
            }
        });
        var after = new Option<string[]>("--after")
        {
            Description = "GRAIN NAME: go on after this state, as the last line of a page says.", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("inspect", "Show stored grain states as readable JSON.") { key, limit, after };
        var store = DbStoreOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var admin = store.Open(parsed);
            var (prefix, count) = (parsed.GetValue(key)!, parsed.GetValue(limit));
            var (grain, name) = parsed.GetValue(after) is [var afterGrain, var afterName] ? (afterGrain, afterName) : ("", "");
            var rows = await admin.ReadAsync(prefix, grain, name, count + 1, cancellationToken);
            if (rows.Count == 0 && prefix.Length > 0)
            {
                throw new FlowException(FlowErrorCode.NotFound, $"The store '{admin.Description}' has no state of a grain '{prefix}...' there. 'flow db inspect' lists all.");
            }

            var isOneGrain = rows.Count > 0 && rows[0].Grain == prefix;
            foreach (var row in rows.Take(count).TakeWhile(row => !isOneGrain || row.Grain == prefix))
            {
                Console.WriteLine($"{row.Grain} {row.Name} version {row.Version} {row.Payload.Length} chars");
                if (isOneGrain)
                {
                    Console.WriteLine(Readable(row.Payload));
                }
            }

            if (rows.Count > count && (!isOneGrain || rows[count].Grain == prefix))
            {
                Console.WriteLine($"more: --after '{rows[count - 1].Grain}' '{rows[count - 1].Name}'");
            }

            return 0;
        });
        return command;
    }

    private static string Readable(string payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            return JsonSerializer.Serialize(document.RootElement, Indented);
        }
        catch (JsonException exception)
        {
            return $"(no JSON: {exception.Message}){Environment.NewLine}{payload}";
        }
    }
}
