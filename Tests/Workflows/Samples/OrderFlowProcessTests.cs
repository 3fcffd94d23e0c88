namespace OrleansFlow.Tests.Workflows.Samples;

/// <summary>Goal: a checkpointed order goes on after a kill. Method: the sample's own process, which SIGKILLs itself at an effect, begun again.</summary>
public sealed class OrderFlowProcessTests : IDisposable
{
    private const int Sigkill = 137;

    private static readonly string[] Effects = ["reserve", "charge", "pack pen", "pack ink", "ship", "tell"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("order-flow-");

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData("!")]
    public async Task Process_KilledAtAnyEffect_GoesOnWhenItIsBegunAgain(string after)
    {
        await Task.WhenAll(Effects.Select(async effect =>
        {
            var folder = Path.Combine(_folder.FullName, effect);
            Assert.Equal(Sigkill, (await RunAsync(folder, effect + after)).ExitCode);
            var (exitCode, output) = await RunAsync(folder, effect + after);

            Assert.Equal((0, "order-1 shipped: reserve, charge, pack pen, pack ink, ship, tell"), (exitCode, output));
            Assert.Equal(
                Effects.Select(one => $"order-1 {one}").Order(StringComparer.Ordinal),
                Directory.EnumerateFiles(Path.Combine(folder, "shop"), "*.done").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));
        }));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder, string crashAt)
    {
        await using var process = FlowProcess.Sample("OrleansFlow.Samples.OrderFlow", null, "--data", folder, "--crash-at", crashAt, "order-1");
        var exitCode = await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (exitCode, process.Output);
    }
}
