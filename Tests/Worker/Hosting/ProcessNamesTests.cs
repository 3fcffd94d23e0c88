using System.Globalization;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Worker.Hosting;

public sealed class ProcessNamesTests
{
    [Fact]
    public void LeftIn_FindsWhatDeadProcessesOfThisWorkerLeft_AndNothingElse()
    {
        var folder = Directory.CreateTempSubdirectory("flow-names-").FullName;
        try
        {
            // The process that runs the tests' parent is alive; int.MaxValue is above every process id there can be.
            foreach (var name in (string[])["w.2147483647", "w.1", ProcessNames.Of("w"), "w.x", "w2.2147483647", "w.2147483647.exchange", "w"])
            {
                File.WriteAllText(Path.Combine(folder, name), "");
            }

            Assert.Equal(
                new SortedSet<string?>(StringComparer.Ordinal) { "w.2147483647", ProcessNames.Of("w") },
                ProcessNames.LeftIn(folder, "w", "").Select(Path.GetFileName).ToHashSet());
            Assert.Equal(["w.2147483647.exchange"], ProcessNames.LeftIn(folder, "w", ".exchange").Select(Path.GetFileName));
            Assert.Empty(ProcessNames.LeftIn(Path.Combine(folder, "none"), "w", ""));
            Assert.EndsWith(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), ProcessNames.Of("w"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
