using System.Threading.Tasks.Sources;

namespace OrleansFlow.Benchmarks.Macro.Baselines;

/// <summary>
/// The barest actor that keeps one turn at a time and answers asynchronously: a lock-free inbox that one pool thread empties, and a pooled
/// completion source for each caller. No identities, no activation, no exceptions, no time-outs, no context.
/// </summary>
internal sealed class PooledMailbox : IThreadPoolWorkItem
{
    private static readonly Message Busy = new();
    private Message? _inbox;

    /// <returns>Round trips per second, <paramref name="pairCount"/> callers with a mailbox each.</returns>
    public static async Task<double> PerSecondAsync(int pairCount, int callsEach, TimeProvider clock)
    {
        var mailboxes = Enumerable.Range(0, pairCount).Select(_ => new PooledMailbox()).ToArray();
        var began = clock.GetTimestamp();
        await Task.WhenAll(mailboxes.Select(mailbox => CallAsync(mailbox, callsEach)));
        return (double)pairCount * callsEach / clock.GetElapsedTime(began).TotalSeconds;
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            var stacked = Interlocked.Exchange(ref _inbox, Busy);
            Message? first = null;
            while (stacked is not null && !ReferenceEquals(stacked, Busy))
            {
                var below = stacked.Next;
                stacked.Next = first;
                first = stacked;
                stacked = below;
            }

            while (first is not null)
            {
                var next = first.Next;
                first.Answer();
                first = next;
            }

            if (ReferenceEquals(Interlocked.CompareExchange(ref _inbox, null, Busy), Busy))
            {
                return;
            }
        }
    }

    private static async Task CallAsync(PooledMailbox mailbox, int count)
    {
        await Task.Yield();
        var message = new Message();
        for (var index = 0; index < count; index++)
        {
            await mailbox.AskAsync(message, index);
        }
    }

    private ValueTask<int> AskAsync(Message message, int value)
    {
        var answer = message.BeginAsync(value);
        while (true)
        {
            var head = Volatile.Read(ref _inbox);
            message.Next = ReferenceEquals(head, Busy) ? null : head;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _inbox, message, head), head))
            {
                if (head is null)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
                }

                return answer;
            }
        }
    }

    private sealed class Message : IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _source = new() { RunContinuationsAsynchronously = true };
        private int _value;

        public Message? Next { get; set; }

        public ValueTask<int> BeginAsync(int value)
        {
            _value = value;
            return new ValueTask<int>(this, _source.Version);
        }

        public void Answer() => _source.SetResult(_value);

        public int GetResult(short token)
        {
            try
            {
                return _source.GetResult(token);
            }
            finally
            {
                _source.Reset();
            }
        }

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);
    }
}
