using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>Goal: the lists of a run say what an ordinary list says, and share what did not change.</summary>
public sealed class PersistentArrayTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(1_024)]
    [InlineData(1_025)]
    [InlineData(40_000)]
    public void SetItem_AtRandomPlaces_IsAsInAnOrdinaryList(int count)
    {
        var random = new Random(count);
        var expected = Enumerable.Range(0, count).ToList();
        PersistentArray<int> array = [.. expected];
        for (var step = 0; step < 200 && count > 0; step++)
        {
            var index = random.Next(count);
            var before = array;
            array = array.SetItem(index, -step);
            Assert.Equal(expected[index], before[index]);
            expected[index] = -step;
        }

        Assert.Equal(expected, array);
        Assert.Equal(count, array.Count);
        Assert.Equal(expected, Enumerable.Range(0, count).Select(index => array[index]));
        Assert.Equal(expected.Select(item => item + 1), array.Map(item => item + 1));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 5)]
    [InlineData(5, -1)]
    [InlineData(33, 40)]
    public void Item_OutsideTheList_IsRefused(int count, int index)
    {
        var array = PersistentArray.Repeat("x", count);

        Assert.Throws<ArgumentOutOfRangeException>(() => array[index]);
        Assert.Throws<ArgumentOutOfRangeException>(() => array.SetItem(index, "y"));
    }

    [Fact]
    public void Map_OverEqualNeighbours_AsksOncePerBlock()
    {
        var asked = 0;
        var array = PersistentArray.Repeat("x", 100_000).Map(item =>
        {
            asked++;
            return item + "y";
        });

        Assert.Equal(32, asked);
        Assert.Equal((100_000, "xy", "xy"), (array.Count, array[0], array[99_999]));
    }

    [Fact]
    public void Map_ThatChangesNothing_IsTheSameList()
    {
        var tasks = NodeTasks.Repeat(TaskLease.Pending, 70);

        Assert.Same(tasks, tasks.Map(task => task));
    }

    [Fact]
    public void CountOf_AfterAnyChange_IsWhatCountingFinds()
    {
        var random = new Random(7);
        var tasks = NodeTasks.Repeat(TaskLease.Pending, 90);
        for (var step = 0; step < 300; step++)
        {
            var status = (FlowTaskStatus)random.Next(7);
            tasks = random.Next(10) == 0
                ? tasks.Map(task => task.Status == status ? task with { Status = FlowTaskStatus.Ready } : task)
                : tasks.SetItem(random.Next(90), TaskLease.Pending with { Status = status });
            Assert.All(Enum.GetValues<FlowTaskStatus>(), one => Assert.Equal(tasks.Count(task => task.Status == one), tasks.CountOf(one)));
        }
    }
}
