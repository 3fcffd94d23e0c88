using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization.Invocation;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>What filters may do to a call, on both sides.</summary>
public sealed class FilterBehaviourTests : IAsyncLifetime
{
    private Func<IIncomingGrainCallContext, Task> _incoming = static context => context.Invoke();
    private Func<IOutgoingGrainCallContext, Task> _outgoing = static context => context.Invoke();
    private InProcessTestCluster _cluster = null!;

    private IFilteredGrain Grain => _cluster.Client.GetGrain<IFilteredGrain>("a");

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        configure: silo => silo.AddIncomingGrainCallFilter(context => _incoming(context)),
        configureClient: client => client.Services.AddSingleton<IOutgoingGrainCallFilter>(new Outgoing(this)));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task GrainsOwnFilter_ChangesArgumentsAndResult()
    {
        Assert.Equal(1002, await Grain.AddAsync(-1, 2));
        Assert.Equal(1300, await Grain.AddAsync(6, 7));
        Assert.Equal(3, await Grain.AddAsync(1, 2));
    }

    [Fact(Timeout = 30_000)]
    public async Task SiloFilter_RunsBeforeTheGrainsOwn()
    {
        var results = new List<object?>();
        _incoming = async context =>
        {
            context.Request.SetArgument(1, 7);
            await context.Invoke();
            results.Add(context.Result);
        };

        Assert.Equal(1300, await Grain.AddAsync(6, 0));
        Assert.Equal([1300], results);
    }

    [Fact(Timeout = 30_000)]
    public async Task Filter_ThatDoesNotGoOn_AnswersInTheGrainsPlace()
    {
        _incoming = static context =>
        {
            context.Result = 42;
            return Task.CompletedTask;
        };
        Assert.Equal(42, await Grain.AddAsync(1, 1));
        await Grain.DoAsync();

        _incoming = static _ => Task.CompletedTask;
        Assert.Equal(0, await Grain.AddAsync(1, 1));
        Assert.Null(await Grain.FailAsync("x"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Filter_ThatGivesAResultOfAnotherType_FailsTheCall()
    {
        _incoming = static context =>
        {
            context.Result = "not a number";
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<InvalidCastException>(() => Grain.AddAsync(1, 1));

        _incoming = static context => context.Invoke();
        _outgoing = static async context =>
        {
            await context.Invoke();
            context.Result = "not a number";
        };
        await Assert.ThrowsAsync<InvalidCastException>(() => Grain.AddAsync(1, 1));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Filter_ThatThrows_FailsTheCall(bool incoming)
    {
        if (incoming)
        {
            _incoming = static _ => throw new NotSupportedException("no");
        }
        else
        {
            _outgoing = static _ => throw new NotSupportedException("no");
        }

        await Assert.ThrowsAsync<NotSupportedException>(() => Grain.AddAsync(1, 1));
    }

    [Fact(Timeout = 30_000)]
    public async Task Filter_ThatCatchesAFailure_MayGiveAResultOrAnotherFailure()
    {
        _incoming = static async context =>
        {
            try
            {
                await context.Invoke();
            }
            catch (InvalidOperationException exception) when (exception.Message == "replace")
            {
                context.Result = "replaced";
            }
            catch (InvalidOperationException exception) when (exception.Message == "translate")
            {
                throw new TimeoutException("translated", exception);
            }
            catch (InvalidOperationException)
            {
                Assert.NotNull(context.Response?.Exception);
            }
        };

        Assert.Equal("replaced", await Grain.FailAsync("replace"));
        await Assert.ThrowsAsync<TimeoutException>(() => Grain.FailAsync("translate"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Grain.FailAsync("swallow"));
    }

    [Fact(Timeout = 30_000)]
    public async Task IncomingFilter_MayInvokeAgain()
    {
        _incoming = static context => RetryAsync(context.Invoke);

        Assert.Equal(4, await Grain.CallAgainAsync(4));
    }

    [Fact(Timeout = 30_000)]
    public async Task OutgoingFilter_MayInvokeAgain_AndStillReadsTheArguments()
    {
        object? argument = null;
        _outgoing = async context =>
        {
            await RetryAsync(context.Invoke);
            argument = context.Request.GetArgument(0);
        };

        Assert.Equal(4, await Grain.CallAgainAsync(4));
        Assert.Equal(4, argument);
    }

    [Fact(Timeout = 30_000)]
    public async Task Filter_SeesTheMethodThatWasCalled()
    {
        var seen = new List<string>();
        _incoming = context =>
        {
            seen.Add($"{context.InterfaceMethod} / {context.ImplementationMethod} / {context.Request.GetActivityName()} / {context.InterfaceName}");
            return context.Invoke();
        };

        await Grain.GenericAsync(1.5);

        Assert.Equal(
            "System.Threading.Tasks.Task`1[System.Double] GenericAsync[Double](Double) / "
            + "System.Threading.Tasks.Task`1[System.Double] GenericAsync[Double](Double) / "
            + $"IFilteredGrain/GenericAsync / {typeof(IFilteredGrain).FullName}",
            Assert.Single(seen));
    }

    [Fact]
    public void Response_HoldsAValueOrAFailure()
    {
        Assert.Equal(5, Response.FromResult(5).GetResult<int>());
        Assert.Null(Response.Completed.Result);
        var failure = Response.FromException(new TimeoutException("late"));
        Assert.Throws<TimeoutException>(() => failure.GetResult<int>());
        Assert.Throws<InvalidCastException>(() => Response.FromResult("x").GetResult<int>());
    }

    private static async Task RetryAsync(Func<Task> invoke)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await invoke();
                return;
            }
            catch (InvalidOperationException) when (attempt < 10)
            {
            }
        }
    }

    private sealed class Outgoing(FilterBehaviourTests test) : IOutgoingGrainCallFilter
    {
        public Task Invoke(IOutgoingGrainCallContext context) => test._outgoing(context);
    }
}
