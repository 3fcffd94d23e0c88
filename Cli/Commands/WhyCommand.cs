using System.CommandLine;
using System.Globalization;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow why RUN</c> and <c>flow why RUN/NODE</c></summary>
internal static class WhyCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "RUN or RUN/NODE." };
        var command = new Command("why", "Say why a run or node does not run, or why it ended.") { id };
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var (run, node) = Ids.RunOrNode(parsed.GetValue(id)!);
            foreach (var reason in await client.WhyAsync(run, node, cancellationToken))
            {
                var until = reason.UntilUtc is { } at ? string.Create(CultureInfo.InvariantCulture, $" Until {at.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}.") : "";
                Console.WriteLine($"{reason.Code}: {reason.Text}{until}");
            }

            return 0;
        });
        return command;
    }
}
