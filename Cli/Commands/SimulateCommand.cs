#if EMBEDDED_RUNTIME
using System.CommandLine;
using System.Globalization;
using OrleansFlow.Simulation;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow simulate</c>: runs whole clusters from seeds, each on one logical thread, and checks the lease rules after every step.</summary>
internal static class SimulateCommand
{
    private const int SeedsMax = 10_000_000;
    private const int RuleBroken = 1;

    public static Command Create() => Create(SimulationRunner.Run, Console.Out, Console.Error);

    /// <summary>The same with worlds that a test has made.</summary>
    internal static Command Create(Func<string, ulong, bool, SimulationResult> simulate, TextWriter output, TextWriter error)
    {
        var scenario = new Option<string>("--scenario")
        {
            Description = $"What the cluster does. {string.Join("; ", SimulationRunner.Scenarios.Select(one => $"{one.Name}: {one.Summary}"))}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => SimulationRunner.Scenarios[0].Name,
        };
        scenario.AcceptOnlyFromAmong([.. SimulationRunner.Scenarios.Select(one => one.Name)]);
        var seeds = new Option<int>("--seeds") { Description = $"How many. 1 to {SeedsMax}.", HelpName = "N", DefaultValueFactory = _ => 1 };
        seeds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > SeedsMax)
            {
                result.AddError($"--seeds must be 1 to {SeedsMax}.");
            }
        });
        var first = new Option<ulong>("--seed") { Description = "The first seed; the others follow it.", HelpName = "S", DefaultValueFactory = _ => 1 };
        var verbose = new Option<bool>("--verbose") { Description = "Print the history of every seed, not only of one that broke a rule." };
        var command = new Command("simulate", "Run clusters from seeds, with crashes and losses, and check the lease rules.") { scenario, seeds, first, verbose };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => new Simulations(simulate, output, error, TimeProvider.System).Run(
                parsed.GetValue(scenario)!, parsed.GetValue(first), parsed.GetValue(seeds), parsed.GetValue(verbose), cancellationToken),
            cancellationToken));
        return command;
    }

    private sealed class Simulations(
        Func<string, ulong, bool, SimulationResult> simulate, TextWriter output, TextWriter error, TimeProvider clock)
    {
        public int Run(string scenario, ulong first, int count, bool isVerbose, CancellationToken cancellationToken)
        {
            var began = clock.GetTimestamp();
            var (done, turns) = (0, 0L);
            var gate = new Lock();
            SimulationResult? broken = null;
            var options = new ParallelOptions { MaxDegreeOfParallelism = isVerbose ? 1 : Environment.ProcessorCount, CancellationToken = cancellationToken };
            Parallel.For(0, count, options, (number, loop) =>
            {
                var result = simulate(scenario, first + (ulong)number, isVerbose);
                lock (gate)
                {
                    done++;
                    turns += result.TurnCount;
                    Print(result.History);
                    if (result.Violation is not null && (broken is null || result.Seed < broken.Seed))
                    {
                        broken = result;
                        loop.Break();
                    }
                }
            });
            var elapsed = clock.GetElapsedTime(began);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{scenario}: {done} seeds in {elapsed.TotalSeconds:0.0} s, {turns} turns, {turns / elapsed.TotalSeconds:0} turns/s"));
            if (broken is null)
            {
                return 0;
            }

            if (!isVerbose)
            {
                // The same seed does the same again, and this time tells.
                Print(simulate(scenario, broken.Seed, true).History);
            }

            error.WriteLine(
                $"flow: seed {broken.Seed} broke {broken.Violation}. Again: flow simulate --scenario {scenario} --seed {broken.Seed} --verbose");
            return RuleBroken;
        }

        private void Print(IReadOnlyList<string> lines)
        {
            foreach (var line in lines)
            {
                output.WriteLine(line);
            }
        }
    }
}
#endif
