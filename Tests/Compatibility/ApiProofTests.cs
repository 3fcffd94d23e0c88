using OrleansFlow.Tests.Compatibility.Api;

namespace OrleansFlow.Tests.Compatibility;

/// <summary>
/// The embedded runtime's surface against Orleans 10.4.2. To see what is left: run this class; each failure lists its differences.
/// </summary>
public sealed class ApiProofTests
{
    [Fact]
    public void EmbeddedRuntime_DiffersNowhereFromOrleans()
    {
        using var evidence = ApiEvidence.TryLoad();
        Requires.That(evidence is not null, "the packages of Orleans 10.4.2, which a restore of this project downloads");
        using var ours = ApiAssembly.Load(Path.Combine(AppContext.BaseDirectory, "OrleansFlow.Embedded.dll"));

        var proof = new ApiProof(ours, evidence!);

        Faults.None(proof.Differences);
    }
}
