using System.CommandLine;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Storage.Admin;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow db check</c>: reads every state as its grain would; exit code 1 when one cannot be read.</summary>
internal static class DbCheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Find every stored state that its grain could not read (exit code 1 when there is one).");
        var store = DbStoreOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var admin = store.Open(parsed);
            var check = new Check();
            await foreach (var page in admin.ReadAllAsync("", cancellationToken))
            {
                foreach (var row in page)
                {
                    check.Add(row);
                }
            }

            check.End();
            Console.WriteLine($"{check.StateCount} states, {check.CorruptCount} corrupt");
            return check.CorruptCount == 0 ? 0 : 1;
        });
        return command;
    }

    /// <summary>Rows come ordered by grain; what one of them refers to may come before or after it.</summary>
    private sealed class Check
    {
        private readonly HashSet<string> _needed = new(StringComparer.Ordinal);
        private readonly HashSet<string> _found = new(StringComparer.Ordinal);
        private string _grain = "";

        public long StateCount { get; private set; }

        public long CorruptCount { get; private set; }

        public void Add(StoredRow row)
        {
            if (row.Grain != _grain)
            {
                End();
                _grain = row.Grain;
            }

            StateCount++;
            _found.Add(row.Name);
            if (FlowStates.Fault(row.Grain, row.Name, row.Payload) is { } fault)
            {
                Report(row.Name, fault);
                return;
            }

            _needed.UnionWith(FlowStates.References(row.Grain, row.Name, row.Payload));
        }

        public void End()
        {
            foreach (var name in _needed.Except(_found).Order(StringComparer.Ordinal))
            {
                Report(name, "the row is missing, and the run refers to it");
            }

            _needed.Clear();
            _found.Clear();
        }

        private void Report(string name, string fault)
        {
            CorruptCount++;
            Console.WriteLine($"state_corrupt {_grain} {name}: {fault}");
        }
    }
}
