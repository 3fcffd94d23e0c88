using System.CommandLine;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow doctor</c>: checks gateway, store, workers, clock and disk, and says what to do.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan ClockSkewMax = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var command = new Command("doctor", "Check gateway, store, workers, clock and disk.");
        var gateway = GatewayOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = gateway.Connect(parsed);
            var checks = await CheckAsync(client, TimeProvider.System, cancellationToken);
            foreach (var check in checks)
            {
                var mark = check.Healthy ? "[green]ok  [/]" : "[red]FAIL[/]";
                AnsiConsole.MarkupLine($"{mark} {Markup.Escape(check.Name),-10} {Markup.Escape(check.Detail)}");
                if (!check.Healthy)
                {
                    AnsiConsole.MarkupLine($"     [yellow]do:[/] {Markup.Escape(check.Remedy)}");
                }
            }

            return checks.All(check => check.Healthy) ? 0 : 1;
        });
        return command;
    }

    private static async Task<List<FlowHealthCheck>> CheckAsync(FlowClient client, TimeProvider clock, CancellationToken cancellationToken)
    {
        var checks = new List<FlowHealthCheck>();
        FlowHealth health;
        var sentUtc = clock.GetUtcNow();
        try
        {
            health = await client.GetHealthAsync(cancellationToken);
        }
        catch (FlowException exception)
        {
            checks.Add(new FlowHealthCheck("gateway", false, exception.Message, "Start one with 'flow silo', or point --gateway or FLOW_GATEWAY at one that runs."));
            return checks;
        }

        var receivedUtc = clock.GetUtcNow();
        var roundTrip = receivedUtc - sentUtc;
        checks.Add(new FlowHealthCheck("gateway", true, $"cluster {health.ClusterId}, version {health.Version}, {roundTrip.TotalMilliseconds:0.0} ms", ""));
        checks.AddRange(health.Checks);

        // The gateway read its clock somewhere between the two readings here.
        var skew = health.NowUtc - (sentUtc + (roundTrip / 2));
        checks.Add(new FlowHealthCheck(
            "skew", skew.Duration() <= ClockSkewMax, $"{skew.TotalMilliseconds:0} ms between the gateway's clock and this machine's",
            "Synchronise the clocks (NTP). Leases do not depend on it, but times in listings and logs do."));
        return checks;
    }
}
