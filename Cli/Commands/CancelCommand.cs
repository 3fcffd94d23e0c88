using System.CommandLine;
using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow cancel RUN</c></summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "Run id." };
        var reason = new Option<string>("--reason") { Description = "Kept with the run.", DefaultValueFactory = _ => "user_request" };
        var grace = new Option<string?>("--grace")
        {
            Description = "How long handlers may take to return before they are left behind: 500ms, 10s, 2m. 100 ms to 1 h. [default: each worker's stop grace]",
        };
        var command = new Command("cancel", "Cancel a run; final when the command returns.") { id, reason, grace };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var run = parsed.GetValue(grace) is { } text
                ? await client.CancelRunAsync(Ids.Run(parsed.GetValue(id)!), parsed.GetValue(reason)!, ReadTime(text), cancellationToken)
                : await client.CancelRunAsync(Ids.Run(parsed.GetValue(id)!), parsed.GetValue(reason)!, cancellationToken);
            Console.WriteLine($"{run.RunId}: {run.Status}");
            return 0;
        });
        return command;
    }

    private static TimeSpan ReadTime(string text)
    {
        var unit = text.EndsWith("ms", StringComparison.Ordinal) ? "ms" : text[^Math.Min(1, text.Length)..];
        double? ms = unit switch { "ms" => 1, "s" => 1_000, "m" => 60_000, "h" => 3_600_000, _ => null };
        return ms is { } factor && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * factor <= TimeSpan.MaxValue.TotalMilliseconds / 2
            ? TimeSpan.FromMilliseconds(count * factor)
            : throw new FlowException(FlowErrorCode.BadInput, $"--grace '{text}' is no time: write a number and its unit, as 500ms, 10s, 2m or 1h.");
    }
}
