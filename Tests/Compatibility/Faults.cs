namespace OrleansFlow.Tests.Compatibility;

/// <summary>Fails with every fault in full, one a line.</summary>
internal static class Faults
{
    public static void None(IEnumerable<string> faults)
    {
        var all = faults.ToList();
        Assert.True(all.Count == 0, $"{all.Count} faults:\n{string.Join('\n', all)}");
    }
}
