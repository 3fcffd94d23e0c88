using OrleansFlow.Cli.Commands;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Simulation;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Tests.Simulation.Mutations;

namespace OrleansFlow.Tests.Simulation;

/// <summary>Goal: <c>flow simulate</c> tells by its exit code whether a rule broke, and by its output how to see it again.</summary>
public sealed class SimulateCommandTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("leases")]
    [InlineData("graphs")]
    public async Task Simulate_WhenEveryRuleHolds_Exits0AndPrintsTheSum(string scenario)
    {
        Assert.Equal(0, await RunAsync(null, "--scenario", scenario, "--seeds", "3", "--seed", "11"));
        Assert.StartsWith($"{scenario}: 3 seeds in ", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task Simulate_WhenARuleBreaks_Exits1AndPrintsTheSeedAndItsHistory()
    {
        // A grant that forgets to raise the epoch: a fault of the protocol that only this test has.
        var mutation = new RulesMutation((state, command, policy, now) => command is GrantLease && state.Epoch > 0
            ? LeaseDecider.Decide(state, command, policy, now) switch
            {
                { Events: [.., LeaseGranted granted] } decision => decision with { Events = [.. decision.Events.Where(one => one is not LeaseGranted), granted with { Epoch = state.Epoch }] },
                var decision => decision,
            }
            : null);

        Assert.Equal(1, await RunAsync(mutation, "--scenario", "leases", "--seeds", "200", "--seed", "0"));

        var error = _error.ToString();
        var seed = ulong.Parse(error.Split("seed ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains("rule 2 (fencing by epoch)", error, StringComparison.Ordinal);
        Assert.Contains($"flow simulate --scenario leases --seed {seed} --verbose", error, StringComparison.Ordinal);
        Assert.Contains($"leases with seed {seed}:", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("VIOLATION of rule 2", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulate_OfOneSeedWithVerbose_PrintsItsHistoryAlsoWhenRulesHold()
    {
        Assert.Equal(0, await RunAsync(null, "--seed", "5", "--verbose"));
        Assert.Contains("leases with seed 5:", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("end: all rules held", _output.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(Mutation? mutation, params string[] arguments) =>
        SimulateCommand.Create((scenario, seed, keepsHistory) => SimulationRunner.Run(scenario, seed, keepsHistory, mutation), _output, _error)
            .Parse(arguments).InvokeAsync(null, TestContext.Current.CancellationToken);
}
