-- What readers and services say of the list: geodata.upkeep.suggestions, in a base.

-- Of who wrote nothing is kept, and no time but the day.
create table maillage.signalements (
  numero integer generated always as identity primary key,
  jour date not null,
  id text not null,
  ressort text not null,
  texte text not null,
  cases jsonb not null,
  par_lien boolean not null,
  traite boolean not null default false
);
create index on maillage.signalements (id);

-- A link is used once, on whatever machine.
create table maillage.liens_servis (
  empreinte text primary key,
  jusqu date not null
);

-- How many reports came in these ten minutes. One row, which no account reads and which is in no
-- log of the server, replica or backup.
create unlogged table maillage.debit (
  une boolean primary key default true check (une),
  depuis timestamptz not null,
  nombre integer not null
);

create function maillage.is_spoken_of(niveau text, type text) returns boolean immutable parallel safe
  return niveau = 'public' and maillage.fold(type) <> 'hebergement';

-- Keeps what is said of a row. The messages are shown to who wrote.
create function maillage.signaler(
  key text, day date, said text, cells jsonb, link text, until date
) returns void volatile security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  home text;
  since timestamptz := date_bin('10 minutes', clock_timestamp(), '2000-01-01 00:00+00');
  many integer;
begin
  if length(said) > 600 or length(link) > 100
    or jsonb_typeof(cells) <> 'array' or jsonb_array_length(cells) > 20
    or exists (select from jsonb_array_elements(cells) as cell
      where jsonb_typeof(cell) <> 'array' or jsonb_array_length(cell) <> 2
        or jsonb_typeof(cell -> 0) <> 'string' or length(cell ->> 0) > 100
        or jsonb_typeof(cell -> 1) <> 'string' or length(cell ->> 1) > 600) then
    raise exception 'maillage: ce texte est trop long' using errcode = '23514';
  end if;
  -- Nobody hides the row meanwhile.
  select ressort into home from maillage.fiches
    where id = key and maillage.is_spoken_of(niveau, type) for share;
  if not found then
    raise exception 'maillage: cette fiche n’est plus dans la partie publique de la liste'
      using errcode = '23514';
  end if;
  if link <> '' then
    insert into maillage.liens_servis values (link, until);
    -- Long after its last day, whatever a clock has said.
    delete from maillage.liens_servis where jusqu < current_date - 60;
  else
    -- Counted first: one report waits here for another, and sees it.
    insert into maillage.debit values (true, since, 1)
      on conflict (une) do update set depuis = since,
        nombre = case when debit.depuis = since then debit.nombre + 1 else 1 end
      returning nombre into many;
    -- Sent again, since the answer was lost.
    if exists (select from maillage.signalements where id = key and jour = day and texte = said
      and not par_lien and not traite) then
      return;
    end if;
    if many > 20 then
      raise exception 'maillage: trop de signalements d’un coup : réessayer dans quelques minutes'
        using errcode = '23514';
    end if;
  end if;
  if (select count(*) from maillage.signalements where ressort = home and not traite) >= 300 then
    raise exception
      'maillage: trop de signalements attendent déjà : appeler ou écrire à qui tient la liste'
      using errcode = '23514';
  end if;
  delete from maillage.signalements where traite and jour < current_date - 30;
  insert into maillage.signalements (jour, id, ressort, texte, cases, par_lien)
    values (day, key, home, said, cells, link <> '');
end $$;

create function maillage.link_was_used(link text) returns boolean stable security definer
language sql set search_path = pg_catalog, pg_temp as $$
  select exists (select from maillage.liens_servis where empreinte = link)
$$;

-- What was said of a row is forgotten where the row is hidden, and follows it to another département;
-- what was said of a removed row stays in its own, whoever adds one with its id elsewhere.
create function maillage.after_hidden() returns trigger security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  home text := new.ressort;
begin
  if tg_op = 'UPDATE' then
    home := old.ressort;
  end if;
  if maillage.is_spoken_of(new.niveau, new.type) then
    update maillage.signalements set ressort = new.ressort
      where id = new.id and ressort = home and home <> new.ressort;
  else
    delete from maillage.signalements where id = new.id and ressort = home;
  end if;
  return null;
end $$;
create trigger signalements after insert or update on maillage.fiches
  for each row execute function maillage.after_hidden();

alter table maillage.signalements enable row level security;
create policy lire on maillage.signalements for select to maillage_edition
  using (maillage.may_write(ressort));
create policy clore on maillage.signalements for update to maillage_edition
  using (maillage.may_write(ressort)) with check (maillage.may_write(ressort));

revoke execute on function maillage.is_spoken_of(text, text),
  maillage.signaler(text, date, text, jsonb, text, date), maillage.link_was_used(text),
  maillage.after_hidden() from public;
grant execute on function maillage.signaler(text, date, text, jsonb, text, date),
  maillage.link_was_used(text) to maillage_lecture;
-- Not the whole table: a row's hidden columns number its transaction.
grant select (numero, jour, id, ressort, texte, cases, par_lien, traite), update (traite)
  on maillage.signalements to maillage_edition;

-- ---- official data ----------------------------------------------------------------------------

-- What is known of the official records of a département (geodata.upkeep.official_memory): digests
-- of cells, never cells. `demande`: somebody has asked for this département.
create table maillage.officiel (
  departement text primary key,
  demande boolean not null,
  releves jsonb not null,
  refus text[] not null
);
alter table maillage.officiel enable row level security;
create policy tout on maillage.officiel for all to maillage_edition
  using (maillage.may_write(departement)) with check (maillage.may_write(departement));
grant select, insert, update on maillage.officiel to maillage_edition;
-- An official row may be one that is never shown: of these the site knows how many there are.
grant select on maillage.non_publiees_comptees to maillage_edition;

-- As before; the history also says by what means a role has made the change (maillage.moyen).
create or replace function maillage.change_version() returns bigint volatile security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  here bigint;
begin
  select version into here from maillage.etat where transaction = pg_current_xact_id();
  if here is null then
    update maillage.etat set version = version + 1, marque = gen_random_uuid(),
      quand = clock_timestamp(), transaction = pg_current_xact_id(), changement = changement + 1,
      qui = coalesce(nullif(current_setting('maillage.role', true), ''), session_user)
        || coalesce(' (' || nullif(current_setting('maillage.moyen', true), '') || ')', ''),
      horodatage = coalesce(nullif(current_setting('maillage.quand', true), ''),
        to_char(clock_timestamp() at time zone 'Europe/Paris', 'YYYY-MM-DD"T"HH24:MI:SS'))
      returning version into here;
    insert into maillage.versions select version, marque from maillage.etat;
  end if;
  return here;
end $$;

-- ---- what no message and no log may hold -----------------------------------------------------

-- As before; whatever a constraint would refuse is refused here first, without the row's cells.
create or replace function maillage.before_row() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  level text := maillage.level_of(new.confidentialite, new.type);
begin
  if tg_op = 'UPDATE' and new.id is distinct from old.id then
    raise exception 'maillage: l’identifiant d’une fiche ne change pas' using errcode = '23514';
  end if;
  if coalesce(new.id, '') = '' or coalesce(new.nom, '') = '' or coalesce(new.type, '') = ''
    or coalesce(new.source, '') = '' then
    raise exception 'maillage: il manque l’identifiant, le nom, le type ou la source'
      using errcode = '23514';
  end if;
  if exists (select from jsonb_each(to_jsonb(new)) as cell
    where cell.key not in ('rang', 'version', 'niveau', 'ressort', 'point')
      and cell.value = 'null') then
    raise exception 'maillage: une case vide s’écrit '''', pas null' using errcode = '23514';
  end if;
  if new.type !~ '^[[:alpha:]]+([ _-][[:alpha:]]+)*$'
    or replace(maillage.fold(new.type), ' ', '-') not in (
      'mds', 'commissariat', 'gendarmerie', 'hebergement', 'accueil-de-jour', 'permanence',
      'association', 'ccas', 'justice', 'sante', 'ecoute') then
    raise exception 'maillage: type : ce mot n’est pas connu' using errcode = '23514';
  end if;
  if level is null then
    raise exception 'maillage: confidentialite : ce mot n’est pas connu' using errcode = '23514';
  end if;
  if tg_op = 'UPDATE' and not pg_has_role(current_user, 'maillage_proprietaire', 'member')
    and array_position(array['public', 'commune', 'departement', 'non_publie'], level)
      < array_position(array['public', 'commune', 'departement', 'non_publie'], old.niveau) then
    raise exception 'maillage: un lieu confidentiel deviendrait plus visible'
      using errcode = '23514';
  end if;
  if level <> 'public' and (
    new.adresse <> '' or new.latitude <> '' or new.longitude <> '' or new.autres <> '{}'
    or maillage.tells_place(concat_ws(' ; ', new.id, new.nom, new.structure, new.telephone,
      new.courriel, new.site_web, new.horaires_precisions, new.reseaux, new.description,
      new.source, new.lien_source))
    or (level <> 'commune' and (
      new.commune <> '' or new.code_postal <> '' or new.code_insee <> ''
      or new.zone_eligibilite !~* '^((([0-9]{1,2}|2[AB]|97[0-9]|98[0-9]|france)(\|(?!$)|$))*)$'))
  ) then
    raise exception 'maillage: ce lieu est confidentiel et une case dit où il se trouve'
      using errcode = '23514';
  end if;
  new.version := maillage.change_version();
  return new;
end $$;

-- The source of a fact, and a line of the history, tell the place of a hidden row no more than the
-- row does.
create function maillage.before_fact() returns trigger security definer
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if maillage.tells_place(concat_ws(' ; ', new.source, new.lien_source)) and exists (
    select from maillage.fiches where id = new.id and niveau <> 'public') then
    raise exception 'maillage: ce lieu est confidentiel et une source dit où il se trouve'
      using errcode = '23514';
  end if;
  return new;
end $$;
create trigger avant before insert or update on maillage.faits
  for each row execute function maillage.before_fact();

create function maillage.before_telling() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- As a row is hidden, its older lines are first marked so, then lose what they tell.
  if tg_op = 'UPDATE' and (new.avant, new.apres, new.source_avant, new.source_apres)
    is not distinct from (old.avant, old.apres, old.source_avant, old.source_apres) then
    return new;
  end if;
  if new.niveau <> 'public' and maillage.tells_place(concat_ws(' ; ', new.avant, new.apres,
    new.source_avant ->> 'source', new.source_avant ->> 'lien_source',
    new.source_apres ->> 'source', new.source_apres ->> 'lien_source')) then
    raise exception 'maillage: l’historique ne dit pas où est un lieu confidentiel'
      using errcode = '23514';
  end if;
  return new;
end $$;
create trigger taire before insert or update on maillage.historique
  for each row execute function maillage.before_telling();

revoke execute on function maillage.before_fact(), maillage.before_telling() from public;
