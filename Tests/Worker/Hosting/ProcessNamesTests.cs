using System.Globalization;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Worker.Hosting;

public sealed class ProcessNamesTests
{
    [Fact]
    public void LeftIn_FindsWhatDeadProcessesOfThisWorkerLeft_AndNothingElse()
    {
        var folder = Directory.CreateTempSubdirectory("flow-names-").FullName;
        var own = string.Create(CultureInfo.InvariantCulture, $"w.{Environment.ProcessId}");
        try
        {
            // The process that runs the tests' parent is alive; int.MaxValue is above every process id there can be.
            foreach (var name in (string[])["w.2147483647", "w.1", own, own + "-2", "w.x", "w.x-2", "w2.2147483647", "w.2147483647.exchange", "w"])
            {
                File.WriteAllText(Path.Combine(folder, name), "");
            }

            Assert.Equal(
                new SortedSet<string?>(StringComparer.Ordinal) { "w.2147483647", own, own + "-2" },
                ProcessNames.LeftIn(folder, "w", "").Select(Path.GetFileName).ToHashSet());
            Assert.Equal(["w.2147483647.exchange"], ProcessNames.LeftIn(folder, "w", ".exchange").Select(Path.GetFileName));
            Assert.Empty(ProcessNames.LeftIn(Path.Combine(folder, "none"), "w", ""));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Worker_WhoseIdAnotherOneOfTheProcessHas_GetsANameOfItsOwn()
    {
        var folder = Directory.CreateTempSubdirectory("flow-names-").FullName;
        var first = ProcessNames.Reserve("twin");
        var second = ProcessNames.Reserve("twin");
        try
        {
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"twin.{Environment.ProcessId}"), first);
            Assert.Equal(first + "-2", second);
            foreach (var name in (string[])[first, second, first + "-3"])
            {
                Directory.CreateDirectory(Path.Combine(folder, name));
            }

            Assert.Equal([first + "-3"], ProcessNames.LeftIn(folder, "twin", "").Select(Path.GetFileName));

            ProcessNames.Release(first);

            Assert.Equal([first, first + "-3"], ProcessNames.LeftIn(folder, "twin", "").Select(Path.GetFileName));
            Assert.Equal(first, ProcessNames.Reserve("twin"));
        }
        finally
        {
            ProcessNames.Release(first);
            ProcessNames.Release(second);
            Directory.Delete(folder, recursive: true);
        }
    }
}
