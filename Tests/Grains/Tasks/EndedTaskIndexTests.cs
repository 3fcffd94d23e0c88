using OrleansFlow.Grains.Tasks;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Grains.Tasks;

public sealed class EndedTaskIndexTests
{
    [Fact]
    public void Find_AmongManyTasks_GivesTheRowOfEachAndNoneForOthers()
    {
        var index = new EndedTaskIndex();
        for (var number = 0; number < 50_000; number++)
        {
            index.Add(Hash(number), number / 512);
        }

        for (var number = 0; number < 50_000; number++)
        {
            var step = 0;
            Assert.Equal(number / 512, index.Find(Hash(number), ref step));
            var other = 0;
            Assert.Null(index.Find(Hash(number + 50_000), ref other));
        }
    }

    [Fact]
    public void Find_OfAHashThatTwoTasksShare_GivesBothRows()
    {
        var index = new EndedTaskIndex();
        index.Add(7, 1);
        index.Add(7, 3);
        var step = 0;

        Assert.Equal([1, 3, null], new[] { index.Find(7, ref step), index.Find(7, ref step), index.Find(7, ref step) });
    }

    private static ulong Hash(int number) => EndedTaskIndex.Hash(TaskId.Standalone($"t{number}"));
}
