using System.CommandLine;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow bench</c>: runs the macro benchmarks in a process of their own and passes their lines through.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var arguments = new Argument<string[]>("arguments") { Description = "Scenarios (none: all), --list, and options of the suite.", Arity = ArgumentArity.ZeroOrMore };
        var list = new Option<bool>("--list") { Description = "Name the scenarios." };
        var command = new Command("bench", "Measure; one JSON object a line.") { arguments, list };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var assembly = Repository.Assembly("OrleansFlow.Benchmarks");
            if (!File.Exists(assembly))
            {
                throw new FlowException(FlowErrorCode.NotFound, $"The benchmarks are not built ({assembly}). Run './flow bench', which builds them.");
            }

            string[] all = [.. parsed.GetValue(arguments) ?? [], .. parsed.UnmatchedTokens, .. parsed.GetValue(list) ? ["--list"] : (string[])[]];
            await using var bench = ChildProcess.StartDotNet(assembly, all, onLine: Console.WriteLine);
            return await bench.WaitAsync(cancellationToken);
        });
        return command;
    }
}
