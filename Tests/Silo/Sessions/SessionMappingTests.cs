using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Silo.Gateway.Sessions;

namespace OrleansFlow.Tests.Silo.Sessions;

public sealed class SessionMappingTests
{
    public static TheoryData<Action<Register>, string> Faulty() => new()
    {
        { register => register.WorkerId = "", "Worker id ''" },
        { register => register.WorkerId = "a/b", "Worker id 'a/b'" },
        { register => register.Roles.Clear(), "announces 0 roles" },
        { register => register.Roles.Add(Enumerable.Range(0, 256).Select(index => $"r{index}")), "announces 257 roles" },
        { register => register.Roles.Add("no role"), "role 'no role'" },
        { register => register.Slots = 0, "announces 0 slots; 1 to 10000" },
        { register => register.Slots = 10_001, "announces 10001 slots" },
        { register => register.Version = new string('v', 513), "version of 513 characters" },
        { register => register.Held.Add(new Lease { TaskId = "a/b", Epoch = 1 }), "'a/b' is not a task id" },
        { register => register.Held.Add(new Lease { TaskId = "a/b/0", Epoch = 0 }), "epoch 0" },
    };

    [Theory, MemberData(nameof(Faulty))]
    public void ToRegistration_FaultyRegister_NamesTheFault(Action<Register> change, string expected)
    {
        var register = Valid();
        change(register);

        var failure = Assert.Throws<FlowException>(() => register.ToRegistration("s"));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    public void ToRegistration_AtTheBoundary_IsAccepted(int slots)
    {
        var register = Valid();
        register.Slots = slots;
        register.Roles.Add("scan");
        register.Held.Add(new Lease { TaskId = "run/node/3", Epoch = 7 });

        var (worker, registration) = register.ToRegistration("s");

        Assert.Equal("w1", worker.Value);
        Assert.Equal(slots, registration.Slots);
        Assert.Equal(["scan"], registration.Roles);
        Assert.Equal(7, Assert.Single(registration.Held).Epoch);
    }

    [Theory]
    [InlineData(-1, 0, 0, "p")]
    [InlineData(0, -1, 0, "p")]
    [InlineData(0, 0, -1, "p")]
    [InlineData(0, 0, 0, "")]
    public void ToReport_ImpossibleBatch_IsRefused(int index, long rows, long bytes, string path)
    {
        var report = new BatchReport { Lease = new Lease { TaskId = "t", Epoch = 1 }, Index = index, Rows = rows, Bytes = bytes, Path = path };

        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => report.ToReport()).Code);
    }

    [Fact]
    public void ToProgress_NoNumber_IsZero() =>
        Assert.Equal(0, new Progress { Lease = new Lease { TaskId = "t", Epoch = 1 }, Fraction = double.NaN }.ToProgress().Fraction);

    private static Register Valid() => new() { WorkerId = "w1", Slots = 2, Roles = { "scan" } };
}
