using System.CommandLine;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow bench</c>: runs the macro benchmarks in a process of their own and passes their lines through.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var arguments = new Argument<string[]>("arguments") { Description = "Scenarios; none: all.", Arity = ArgumentArity.ZeroOrMore };
        var list = new Option<bool>("--list") { Description = "Name the scenarios." };
        var rounds = new Option<string?>("--rounds") { Description = "Measured rounds of each scenario, after a warm-up. 1 to 100, default 5.", HelpName = "N" };
        var store = new Option<string?>("--store") { Description = "Store of the storage scenarios: sqlite (default) or postgres.", HelpName = "STORE" };
        var worker = new Option<string?>("--worker") { Description = "Worker of tasks-durable: process (default) or inline.", HelpName = "WORKER" };
        var size = new Option<string?>("--size") { Description = "Size of tasks-curve's larger history. 10000 to 1000000, default 100000.", HelpName = "N" };
        var scale = new Option<string?>("--sf") { Description = "Scale factor of tpch and tpch-local: 0.01, or 0.03 to 100. Default 0.1.", HelpName = "X" };
        var workers = new Option<string?>("--workers") { Description = "Worker processes of tpch. 1 to 64, default 2.", HelpName = "N" };
        var command = new Command("bench", "Measure; one JSON object a line.") { arguments, list, rounds, store, worker, size, scale, workers };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var assembly = Repository.Assembly("OrleansFlow.Benchmarks");
            if (!File.Exists(assembly))
            {
                throw new FlowException(FlowErrorCode.NotFound, $"The benchmarks are not built ({assembly}). Run './flow bench', which builds them.");
            }

            // The suite checks the values: it knows its scenarios and ranges.
            string[] all =
            [
                .. parsed.GetValue(arguments) ?? [],
                .. parsed.GetValue(rounds) is { } count ? ["--rounds", count] : (string[])[],
                .. parsed.GetValue(store) is { } name ? ["--store", name] : (string[])[],
                .. parsed.GetValue(worker) is { } place ? ["--worker", place] : (string[])[],
                .. parsed.GetValue(size) is { } larger ? ["--size", larger] : (string[])[],
                .. parsed.GetValue(scale) is { } factor ? ["--sf", factor] : (string[])[],
                .. parsed.GetValue(workers) is { } processes ? ["--workers", processes] : (string[])[],
                .. parsed.GetValue(list) ? ["--list"] : (string[])[],
            ];
            await using var bench = ChildProcess.StartDotNet(assembly, all, onLine: Console.WriteLine);
            return await bench.WaitAsync(cancellationToken);
        });
        return command;
    }
}
