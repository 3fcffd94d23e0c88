using OrleansFlow.Errors;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Tests.Silo.Hosting;

public sealed class FlowSiloOptionsTests
{
    public static TheoryData<Action<FlowSiloOptions>, string> Faulty() => new()
    {
        { options => options.GrpcPort = -1, "GrpcPort is -1; use 0 to 65535" },
        { options => options.GrpcPort = 65_536, "GrpcPort is 65536" },
        { options => options.HttpPort = 65_536, "HttpPort is 65536" },
        { options => options.HttpPort = options.GrpcPort, "both 8420" },
        { options => options.WorkerSlots = -1, "WorkerSlots is -1; use 0 to 10000" },
        { options => options.WorkerSlots = 10_001, "WorkerSlots is 10001" },
        { options => options.StopTimeout = TimeSpan.FromMilliseconds(99), "StopTimeout is 00:00:00.099" },
        { options => options.StopTimeout = TimeSpan.FromMinutes(11), "StopTimeout is 00:11:00" },
        { options => options.TokenLifetime = TimeSpan.FromSeconds(59), "TokenLifetime is 00:00:59" },
        { options => options.DataFolder = " ", "DataFolder is empty" },
        { options => options.Token = "fifteen-chars-x", "Token has 15 characters; use at least 16" },
        { options => options.Token = "sixteen chars xx", "Token holds a blank" },
        { options => options.TlsCertificatePath = "no-such.pfx", "'no-such.pfx' does not exist" },
    };

    public static TheoryData<Action<FlowSiloOptions>> AtTheBoundary() => new()
    {
        options => options.GrpcPort = 0,
        options => options.GrpcPort = 65_535,
        options => (options.GrpcPort, options.HttpPort) = (0, 0),
        options => options.WorkerSlots = 10_000,
        options => options.StopTimeout = TimeSpan.FromMilliseconds(100),
        options => options.StopTimeout = TimeSpan.FromMinutes(10),
        options => options.TokenLifetime = TimeSpan.FromMinutes(1),
        options => options.Token = "sixteen-chars-xx",
    };

    [Theory, MemberData(nameof(Faulty))]
    public void Validate_ValueOutOfRange_NamesKeyValueAndRange(Action<FlowSiloOptions> change, string expected)
    {
        var options = new FlowSiloOptions();
        change(options);

        var failure = Assert.Throws<FlowException>(options.Validate);

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(AtTheBoundary))]
    public void Validate_ValueAtTheBoundary_IsAccepted(Action<FlowSiloOptions> change)
    {
        var options = new FlowSiloOptions();
        change(options);

        options.Validate();
    }

    [Fact]
    public void Validate_SeveralFaults_ReportsEach()
    {
        var failure = Assert.Throws<FlowException>(new FlowSiloOptions { GrpcPort = -1, WorkerSlots = -1 }.Validate);

        Assert.Equal(2, failure.Message.Split(Environment.NewLine).Length);
    }

    [Fact]
    public void Validate_ShortToken_DoesNotRepeatIt() =>
        Assert.DoesNotContain(
            "hunter2", Assert.Throws<FlowException>(new FlowSiloOptions { Token = "hunter2" }.Validate).Message, StringComparison.Ordinal);
}
