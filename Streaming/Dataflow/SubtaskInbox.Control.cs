using System.Threading.Channels;

namespace OrleansFlow.Streaming.Dataflow;

/// <content>Control messages: how they get in, and what becomes of those that nobody reads any more.</content>
internal sealed partial class SubtaskInbox
{
    /// <summary>Sends a control message; waits while too many are there.</summary>
    /// <returns>False when the subtask has ended.</returns>
    public async ValueTask<bool> PostAsync(SubtaskControl control, CancellationToken cancellationToken)
    {
        try
        {
            await _control.Writer.WriteAsync(control, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            return false;
        }

        WakeReader();
        return true;
    }

    /// <summary>Takes no further control message and gives those that wait to the caller.</summary>
    public IReadOnlyList<SubtaskControl> EndControl()
    {
        _control.Writer.TryComplete();
        var left = new List<SubtaskControl>();
        while (_control.Reader.TryRead(out var control))
        {
            left.Add(control);
        }

        return left;
    }
}
