using OrleansFlow.Engine;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries.Inputs;
using OrleansFlow.Worker.Queries.Sinks;

namespace OrleansFlow.Worker.Queries;

/// <summary>The way of a task from its start to its end.</summary>
internal sealed partial class QueryTask
{
    private async Task RunAsync()
    {
        // Leaves the caller, which starts many.
        await Task.Yield();
        try
        {
            SetState(TaskReport.Types.State.Running, null);
            await ExecuteAsync();
            await _dealer.CompleteAsync(_stopped);
            SetState(TaskReport.Types.State.Finished, null);
        }
        catch (Exception exception)
        {
            var failure = Explain(exception);
            SetState(_cancelReason is null ? TaskReport.Types.State.Failed : TaskReport.Types.State.Cancelled, failure);
            Release(failure);
        }

        if (IsDone)
        {
            _onReadersGone(this);
        }
    }

    private async Task ExecuteAsync()
    {
        List<TaskInputRows> inputs = [];
        try
        {
            // Before the engine is asked: producers may hold back until they are read.
            inputs.AddRange(Plan.Inputs.Select(input => new TaskInputRows(input, _host, Token, _measure, OnInputFailed, _stopped)));
            if (Plan.IsPassThrough && inputs[0] is { IsMerged: true, Plan.Sources.Count: > 0 } only)
            {
                await PassOnAsync(only);
            }
            else
            {
                await QueryAsync(inputs);
            }
        }
        finally
        {
            foreach (var input in inputs)
            {
                await input.DisposeAsync();
            }
        }
    }

    private async Task PassOnAsync(TaskInputRows input)
    {
        _schema.TrySetResult(await input.GetSchemaAsync(_stopped));
        await foreach (var batch in input.ReadAllAsync())
        {
            using (batch)
            {
                await _dealer.DealAsync(batch, _stopped);
            }
        }
    }

    private async Task WriteAsync(TaskSession session, SinkWriter writer)
    {
        using var written = await writer.WriteAsync(await session.ReadTextAsync(_stopped), _stopped);
        _schema.TrySetResult(SinkWriter.Schema);
        await _dealer.DealAsync(written, _stopped);
    }

    private async Task QueryAsync(List<TaskInputRows> inputs)
    {
        await using var lease = await _host.Engines.LeaseAsync(_stopped);
        await using var session = new TaskSession(lease, Plan, _host, _measure);
        EngineResult? result = null;
        try
        {
            await session.PrepareAsync(inputs, _stopped);
            if (Plan.Sink is { } sink)
            {
                await WriteAsync(session, new SinkWriter(lease.Session, sink, Key, () => _stop.CancelAsync()));
                return;
            }

            if (Plan.IsProfiled)
            {
                await lease.Session.BeginProfilingAsync(_stopped);
            }

            result = await session.StartAsync(_stopped);
            _schema.TrySetResult(result.Schema);
            while (await result.ReadAsync(_stopped) is { } batch)
            {
                using (batch)
                {
                    await _dealer.DealAsync(batch, _stopped);
                }
            }
        }
        catch (Exception exception)
        {
            if (exception is EngineException { Kind: EngineErrorKind.Internal })
            {
                lease.MarkBroken();
            }

            // A thread of the engine may wait for an input, and the end of the result would wait for that thread.
            await _stop.CancelAsync();
            throw;
        }
        finally
        {
            if (result is not null)
            {
                await result.DisposeAsync();
                await TakeProfileAsync(lease.Session);
            }
        }
    }

    private async Task TakeProfileAsync(EngineSession session)
    {
        if (!Plan.IsProfiled)
        {
            return;
        }

        try
        {
            _measure.SetOperators(await session.TakeProfileAsync(CancellationToken.None));
        }
        catch (Exception exception) when (exception is EngineException or InvalidOperationException)
        {
            // How the task ended says more than what was measured of it.
        }
    }
}
