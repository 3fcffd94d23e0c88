namespace OrleansFlow.Decisions.Limits;

/// <summary>
/// One limit over several queues: who may have how many tasks in hand. Deterministic and mutable, used by one grain; no clock and no I/O inside.
/// </summary>
/// <remarks>
/// What the holders may hold together never grows beyond the limit. A holder's part shrinks only by its own report, and a report counts only when
/// it is newer than the last, so that a message that was held up changes nothing. Who waits is told to those that have more than their fair
/// part (max-min fairness; Bertsekas and Gallager, "Data Networks", 1992, section 6.5.2), and they give back what they do not use and what
/// becomes free. What does not divide goes to those that got something longest ago, so that a limit of 1 goes round.
/// After a restart nothing is given until every holder that was known has said what it holds.
/// </remarks>
/// <param name="known">The holders of the life before.</param>
/// <param name="cap">The limit where none is named by the tasks; null for no such.</param>
public sealed class SharedLimit(IEnumerable<string> known, int? cap = null)
{
    private readonly SortedDictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _silent = new(known, StringComparer.Ordinal);
    private long _lastGiven;

    /// <summary>Holders of the life before that did not answer yet.</summary>
    public IReadOnlyCollection<string> Silent => _silent;

    /// <summary>True while a holder could have more and others have too much: those must be told until they give it back.</summary>
    public bool IsContended { get; private set; }

    /// <summary>Tasks that are or may be in hand.</summary>
    public int HeldCount => _holders.Values.Sum(holder => holder.Allowance);

    /// <summary>The holders that have, or may have, tasks in hand.</summary>
    public IEnumerable<string> Holding => _holders.Where(pair => pair.Value.Allowance > 0).Select(pair => pair.Key).Concat(_silent).Distinct(StringComparer.Ordinal);

    /// <summary>Takes a report in. One that is not newer than the last of this holder changes nothing.</summary>
    /// <param name="name">The holder.</param>
    /// <param name="report">What it says.</param>
    /// <param name="answersUs">True when it is the answer to a question of this life: only that ends the holder's silence.</param>
    /// <returns>The holders that are to be told something new; the reporting one is told by <see cref="GrantOf(string)"/> in any case.</returns>
    public IReadOnlyList<string> Report(string name, ShareReport report, bool answersUs = false)
    {
        if (!_holders.TryGetValue(name, out var holder))
        {
            holder = new Holder();
            _holders.Add(name, holder);
        }

        if (report.Sequence > holder.Sequence)
        {
            (holder.Sequence, holder.Allowance, holder.Wanted, holder.Limit) = (report.Sequence, report.Most, Math.Max(report.Wanted, report.Most), report.Limit);
        }

        if (answersUs)
        {
            _silent.Remove(name);
        }

        Distribute();
        var changed = new List<string>();
        foreach (var (other, state) in _holders)
        {
            if (other != name && GrantOf(state) != state.Told)
            {
                changed.Add(other);
            }
        }

        return changed;
    }

    /// <summary>What a holder is to be told now.</summary>
    public ShareGrant GrantOf(string name)
    {
        var holder = _holders[name];
        holder.Told = GrantOf(holder);
        return holder.Told;
    }

    /// <summary>The holders that must be told again until they act: those that have too much, and those that wait.</summary>
    public IReadOnlyList<string> Overdue() =>
        IsContended ? [.. _holders.Where(pair => pair.Value.Allowance > pair.Value.Target || pair.Value.IsShort).Select(pair => pair.Key)] : [];

    private ShareGrant GrantOf(Holder holder) =>
        new(holder.Sequence, holder.Allowance, IsContended ? holder.Target : int.MaxValue, _silent.Count == 0 && HeldCount <= Math.Min(holder.Limit, cap ?? int.MaxValue));

    private void Distribute()
    {
        var active = _holders.Values.Where(holder => holder.Wanted > 0).ToList();
        var limit = active.Select(holder => holder.Limit).Append(cap ?? int.MaxValue).Min();
        SetTargets(active, limit);
        if (_silent.Count == 0)
        {
            var free = limit - HeldCount;
            foreach (var holder in active.OrderBy(holder => holder.GivenAt).ToList())
            {
                var more = Math.Min(free, holder.Target - holder.Allowance);
                if (more > 0)
                {
                    holder.Allowance += more;
                    free -= more;
                    holder.GivenAt = ++_lastGiven;
                }
            }
        }

        IsContended = HeldCount > limit || active.Exists(holder => holder.IsShort);
    }

    /// <summary>Everybody gets what it wants, or as much as anybody else who wants more.</summary>
    private void SetTargets(List<Holder> active, int limit)
    {
        foreach (var holder in _holders.Values)
        {
            holder.Target = 0;
        }

        var rest = limit;
        active.Sort((left, right) => left.Wanted.CompareTo(right.Wanted));
        for (var index = 0; index < active.Count; index++)
        {
            var level = rest / (active.Count - index);
            if (active[index].Wanted > level)
            {
                var others = active[index..];
                others.ForEach(holder => holder.Target = level);
                foreach (var holder in others.OrderBy(holder => holder.GivenAt).Take(rest - (level * others.Count)))
                {
                    holder.Target++;
                }

                return;
            }

            active[index].Target = active[index].Wanted;
            rest -= active[index].Wanted;
        }
    }

    private sealed class Holder
    {
        public long Sequence { get; set; } = -1;

        public int Allowance { get; set; }

        public int Wanted { get; set; }

        public int Limit { get; set; } = int.MaxValue;

        public int Target { get; set; }

        /// <summary>When it got something last, in the order of givings.</summary>
        public long GivenAt { get; set; }

        public ShareGrant Told { get; set; }

        public bool IsShort => Target > Allowance;
    }
}
